import BantamTensors

/// Tensors on their way into a file: what they are, known in advance, and a way to get them one after another.
///
/// A writer lays the file out from ``entries`` alone and then asks for each tensor once, so that no more
/// tensors are in memory than there are workers.
public struct TensorSource: Sendable {
    /// The tensors, in the order they are to stand in.
    public var entries: [TensorEntry]
    /// Text to be carried beside them, in this order; writers of formats that cannot carry text leave it out.
    public var metadata: [(key: String, value: String)]
    /// The tensor of an entry, of the dtype and shape that the entry promises. May be called from any thread.
    public var tensor: @Sendable (Int) throws -> Tensor
    /// The tensor of an entry in pieces; `nil` if it only comes as a whole. Writers may ask for it instead.
    public var pieces: @Sendable (Int) throws -> (any TensorPieces)? = { _ in nil }

    /// A source of tensors that `tensor` makes when they are asked for.
    public init(
        _ entries: [TensorEntry], metadata: [(key: String, value: String)] = [],
        tensor: @escaping @Sendable (Int) throws -> Tensor
    ) {
        self.entries = entries
        self.metadata = metadata
        self.tensor = tensor
    }

    /// All tensors of an open file.
    public init(_ file: any TensorFile) {
        self.init(file.entries, metadata: file.metadata) { try file.tensor(at: $0) }
    }

    /// The same tensors; `progress` is called with the bytes of each one handed out, from any thread.
    public func reporting(to progress: @escaping @Sendable (Int) -> Void) -> TensorSource {
        var source = self
        source.tensor = { [tensor] index in
            let tensor = try tensor(index)
            progress(tensor.byteCount)
            return tensor
        }
        source.pieces = { [pieces] in try pieces($0).map { ReportedPieces(pieces: $0, progress: progress) } }
        return source
    }

    /// The tensor at `index`, checked against what its entry promises.
    ///
    /// - Throws: what making it throws, with the tensor's name; kind `internal` if it is not what was promised.
    func checkedTensor(at index: Int) throws -> Tensor {
        try locating(tensor: entries[index].name) {
            let tensor = try self.tensor(index)
            try check(index, tensor.dtype, tensor.shape)
            return tensor
        }
    }

    /// The pieces of the tensor at `index`, checked likewise.
    func checkedPieces(at index: Int) throws -> (any TensorPieces)? {
        try locating(tensor: entries[index].name) {
            let pieces = try self.pieces(index)
            if let pieces { try check(index, pieces.entry.dtype, pieces.entry.shape) }
            return pieces
        }
    }

    private func check(_ index: Int, _ dtype: DType, _ shape: Shape) throws {
        let entry = entries[index]
        guard dtype == entry.dtype, shape == entry.shape else {
            throw BantamError(
                .internal,
                "expected \(entry.dtype.rawValue) \(entry.shape), was given \(dtype.rawValue) \(shape)")
        }
    }
}

/// Pieces that say when they are done.
private struct ReportedPieces: TensorPieces {
    let pieces: any TensorPieces
    let progress: @Sendable (Int) -> Void

    var entry: TensorEntry { pieces.entry }
    var ranges: [Range<Int>] { pieces.ranges }

    func withPiece(
        _ index: Int, inTurn: (() throws -> Void) throws -> Void,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try pieces.withPiece(index, inTurn: inTurn, body)
        progress(ranges[index].count)
    }
}
