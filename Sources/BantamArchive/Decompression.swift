// Why: what was compressed must come back as plain tensors, and a lossless run byte for byte.

import BantamLoaders
import BantamTensors

/// Writes a compressed file back to plain tensors.
public enum Decompression {
    /// Writes every tensor of `file` to `path` in its original dtype, in the format of the path's name.
    ///
    /// A file made from a safetensors file gets that file's header back, so that a lossless one has the same
    /// bytes. Every tensor is decoded and checked in pieces by all workers, or whole by one where it does not
    /// come in pieces; if one is damaged there is no output.
    ///
    /// - Parameter progress: called with the bytes of each tensor or piece as it is decoded, from any thread.
    /// - Throws: ``BantamError`` of the reader and of the format's writer.
    public static func write(
        _ file: CompressedFile, to path: String, options: TensorWriteOptions = TensorWriteOptions(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        try file.checkBase()
        var tensors = TensorSource(file)
        tensors.pieces = { try StoredPieces(file, at: $0) }
        let source = tensors.reporting(to: progress)
        guard path.lowercased().hasSuffix(".safetensors"), let header = try file.sourceHeader() else {
            return try TensorFiles.write(source, to: path, options: options)
        }
        let indices = Dictionary(
            uniqueKeysWithValues: zip(file.entries.map(\.name), file.entries.indices))
        try SafetensorsWriter.write(
            headerBytes: header, dataByteCount: file.entries.reduce(0) { $0 + $1.byteCount }, to: path,
            options: options
        ) { name in
            guard let index = indices[name] else {
                throw BantamError(
                    .corruption, file: file.path, tensor: name, "stands in the source's header alone")
            }
            return try source.tensor(index)
        } pieces: { name in
            try indices[name].flatMap { try source.pieces($0) }
        }
    }
}
