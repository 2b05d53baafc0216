// Why: commands take any file with tensors, plain or compressed, and the name does not say which it is.

import BantamLoaders
import BantamTensors

/// Opens whatever holds tensors.
public enum ModelFile {
    /// The file or folder at `path`: compressed if its metadata says so, else whatever format it is of.
    ///
    /// - Parameters:
    ///   - path: a file or folder.
    ///   - raw: how the bytes of a bare file are to be read; `nil` for all other files.
    ///   - workers: threads that decode a tensor of a compressed file.
    ///   - base: what a compressed file was predicted from, if it was.
    /// - Throws: ``BantamError`` as the readers do.
    public static func open(
        _ path: String, raw: RawLayout? = nil, workers: Workers = .one, base: BaseFile? = nil
    ) throws -> any TensorFile {
        if let raw { return try RawFile(path, layout: raw) }
        let file = try TensorFiles.open(path)
        guard let plain = file as? SafetensorsFile, CompressedFile.recognizes(plain) else { return file }
        return try CompressedFile(plain, workers: workers, base: base)
    }
}

extension BaseFile {
    /// The file or folder at `path` as a base, of any format that is read.
    ///
    /// - Throws: ``BantamError`` as the readers do; `invalidArgument` if it needs a base itself.
    public init(contentsOf path: String) throws {
        let file = try ModelFile.open(path)
        if let needed = (file as? CompressedFile)?.neededBase {
            throw BantamError(
                .invalidArgument, file: path,
                "expected a base that stands alone, found a file compressed against '\(needed.file)'; decompress "
                    + "it first")
        }
        self.init(file)
    }
}
