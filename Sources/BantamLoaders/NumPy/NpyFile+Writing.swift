import BantamTensors

extension NpyFile {
    /// Writes the one tensor of `source` byte for byte as `numpy.save` does.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if there is not exactly one tensor, `compatibility` if
    ///   NumPy has no such dtype, `cannotCreate` or `io`.
    static func write(_ source: TensorSource, to path: String, options: TensorWriteOptions) throws {
        guard source.entries.count == 1 else {
            throw BantamError(
                .invalidArgument, file: path,
                "an npy file holds exactly one tensor, expected to write \(source.entries.count); use .npz")
        }
        let entry = source.entries[0]
        let header = try locating(file: path, tensor: entry.name) {
            try NpyHeader.encode(entry.dtype, entry.shape)
        }
        let output = try OutputFile(path, overwriting: options.overwriting)
        let tensor = try source.checkedTensor(at: 0)
        try output.write(header)
        try withExtendedLifetime(tensor) { try output.write(tensor.storage.bytes) }
        try output.commit()
    }
}
