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
        return source
    }

    /// The tensor at `index`, checked against what its entry promises.
    ///
    /// - Throws: what making it throws, with the tensor's name; kind `internal` if it is not what was promised.
    func checkedTensor(at index: Int) throws -> Tensor {
        let entry = entries[index]
        return try locating(tensor: entry.name) {
            let tensor = try self.tensor(index)
            guard tensor.dtype == entry.dtype, tensor.shape == entry.shape else {
                throw BantamError(
                    .internal,
                    "expected \(entry.dtype.rawValue) \(entry.shape), was given \(tensor.dtype.rawValue) "
                        + "\(tensor.shape)")
            }
            return tensor
        }
    }
}
