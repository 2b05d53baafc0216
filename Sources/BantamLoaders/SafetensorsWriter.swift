import BantamTensors

/// Writes safetensors files, a tensor at a time.
public enum SafetensorsWriter {
    /// Writes everything `source` has to a file at `path`, as the reference implementation would.
    ///
    /// - Parameter order: the order of the tensors in the file.
    /// - Throws: ``BantamError``: what ``SafetensorsHeader/init(layingOut:metadata:order:)``, ``OutputFile`` and
    ///   the source throw. Then no output is left.
    public static func write(
        _ source: TensorSource, to path: String, options: TensorWriteOptions = TensorWriteOptions(),
        order: SafetensorsHeader.Order = .reference
    ) throws {
        let output = try OutputFile(path, overwriting: options.overwriting)
        let plan = try locating(file: path) {
            try Plan(source, Array(source.entries.indices), metadata: source.metadata, order: order)
        }
        try write(plan, source, to: output, options)
    }

    /// Writes a file with a header that is given to the byte: how a file is restored exactly as it was.
    ///
    /// - Parameters:
    ///   - headerBytes: JSON and padding, without the eight bytes before it, as ``SafetensorsFile/headerBytes``
    ///     has them.
    ///   - dataByteCount: the length of the data section.
    ///   - path: where the file goes.
    ///   - options: how it is written.
    ///   - tensor: the tensor of a name. May be called from several threads.
    ///   - pieces: the tensor of a name in pieces, if it comes so.
    /// - Throws: ``BantamError``: what parsing the header, ``OutputFile`` and `tensor` throw; `internal` if a
    ///   tensor is not what the header says.
    public static func write(
        headerBytes: [UInt8], dataByteCount: Int, to path: String,
        options: TensorWriteOptions = TensorWriteOptions(),
        tensor: @escaping @Sendable (String) throws -> Tensor,
        pieces: @escaping @Sendable (String) throws -> (any TensorPieces)? = { _ in nil }
    ) throws {
        let output = try OutputFile(path, overwriting: options.overwriting)
        let plan = try locating(file: path) {
            let header = try headerBytes.withUnsafeBytes {
                try SafetensorsHeader(parsing: $0, dataByteCount: dataByteCount)
            }
            return try Plan(
                header: header,
                prologue: SafetensorsHeader.prefix(headerByteCount: headerBytes.count) + headerBytes,
                indices: Array(header.items.indices))
        }
        let entries = plan.header.items.map(\.entry)
        var source = TensorSource(entries) { try tensor(entries[$0].name) }
        source.pieces = { try pieces(entries[$0].name) }
        try write(plan, source, to: output, options)
    }

    private static func write(
        _ plan: Plan, _ source: TensorSource, to output: OutputFile, _ options: TensorWriteOptions
    ) throws {
        try output.write(plan.prologue)
        output.allocate(plan.prologue.count + plan.header.dataByteCount)
        try PieceWork(plan.indices.map { try source.checkedPieces(at: $0) }).run(options.workers) {
            try plan.writeTensor($0, of: source, to: output.write(_:at:))
        } piece: { item, offset, bytes in
            try output.write(bytes, at: plan.offset(of: item) + offset)
        }
        try output.commit()
    }

    /// Where everything in one file goes.
    struct Plan: Sendable {
        var header: SafetensorsHeader
        /// All bytes before the data section.
        var prologue: [UInt8]
        /// For each item of the header the position of its tensor in the source.
        var indices: [Int]

        init(header: SafetensorsHeader, prologue: [UInt8], indices: [Int]) throws {
            guard !header.dataByteCount.addingReportingOverflow(prologue.count).overflow else {
                throw BantamError(.invalidArgument, "too many bytes for one file")
            }
            self.header = header
            self.prologue = prologue
            self.indices = indices
        }

        /// A file for the tensors of a source at `chosen`.
        init(
            _ source: TensorSource, _ chosen: [Int], metadata: [(key: String, value: String)],
            order: SafetensorsHeader.Order
        ) throws {
            let header = try SafetensorsHeader(
                layingOut: chosen.map { source.entries[$0] }, metadata: metadata.isEmpty ? nil : metadata,
                order: order)
            let places = Dictionary(uniqueKeysWithValues: chosen.map { (source.entries[$0].name, $0) })
            try self.init(
                header: header, prologue: try header.encoded(),
                indices: header.items.map { places[$0.entry.name]! })
        }

        /// Where the tensor of an item begins in the file.
        func offset(of item: Int) -> Int { prologue.count + header.items[item].range.lowerBound }

        /// Makes the tensor of an item and writes it to its place.
        func writeTensor(
            _ item: Int, of source: TensorSource, to write: (UnsafeRawBufferPointer, Int) throws -> Void
        ) throws {
            let tensor = try source.checkedTensor(at: indices[item])
            var offset = offset(of: item)
            try tensor.storage.forEachPiece {
                try write($0, offset)
                offset += $0.count
            }
        }
    }
}
