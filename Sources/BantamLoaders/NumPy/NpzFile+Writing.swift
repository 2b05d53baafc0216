import BantamTensors

extension NpzFile {
    /// Writes the tensors as stored members in their order, each one's data at a multiple of 64 bytes, so that
    /// they can be mapped.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if NumPy has no such dtype or zip no such name,
    ///   `invalidArgument` if two tensors have one name, `cannotCreate` or `io`.
    static func write(_ source: TensorSource, to path: String, options: TensorWriteOptions) throws {
        try write(source, to: path, options: options, layout: ZipLayout())
    }

    /// The same with a `layout` to begin with.
    static func write(
        _ source: TensorSource, to path: String, options: TensorWriteOptions, layout: ZipLayout
    ) throws {
        let (layout, headers) = try locating(file: path) { try lay(out: source.entries, in: layout) }
        let output = try OutputFile(path, overwriting: options.overwriting)
        _ = try output.reserve(layout.directoryOffset)
        let checksums = try options.workers.map(source.entries.count) { index in
            let tensor = try source.checkedTensor(at: index)
            defer { withExtendedLifetime(tensor) {} }
            let header = headers[index]
            let checksum = crc32(
                of: tensor.storage.bytes, continuing: header.withUnsafeBytes { crc32(of: $0) })
            let member = layout.members[index]
            let start = layout.localHeader(of: index, checksum: checksum) + header
            try start.withUnsafeBytes { try output.write($0, at: member.headerOffset) }
            try output.write(tensor.storage.bytes, at: member.dataOffset + header.count)
            return checksum
        }
        try output.write(layout.directory(checksums: checksums))
        try output.commit()
    }

    private static func lay(
        out entries: [TensorEntry], in layout: ZipLayout
    ) throws -> (ZipLayout, headers: [[UInt8]]) {
        var layout = layout
        var names: Set<ExactString> = []
        let headers = try entries.map { entry in
            try locating(tensor: entry.name) {
                guard names.insert(ExactString(entry.name)).inserted else {
                    throw BantamError(.invalidArgument, "two tensors have this name")
                }
                guard !entry.name.isEmpty else {
                    throw BantamError(.compatibility, "an npz member needs a name")
                }
                let header = try NpyHeader.encode(entry.dtype, entry.shape)
                try layout.append(entry.name + suffix, byteCount: header.count + entry.byteCount)
                return header
            }
        }
        return (layout, headers)
    }
}
