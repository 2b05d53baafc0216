import BantamTensors

/// A NumPy `.npy` file: one tensor, named as the file is without its extension.
///
/// Versions 1.0 to 3.0, C or Fortran order, either byte order, every numeric dtype and bool. A
/// little-endian C-ordered array is mapped; another one is converted when its tensor is asked for.
public struct NpyFile: TensorFile {
    /// The path as the user gave it.
    public let path: String
    /// The one tensor.
    public let entries: [TensorEntry]
    private let file: MappedFile
    private let header: NpyHeader

    /// Opens the file and checks its header against its size.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, `insufficientData`, `compatibility` (objects, strings,
    ///   dates, structures, long double), `missingInput` or `io`.
    public init(_ path: String) throws {
        let file = try MappedFile(path)
        self.path = path
        self.file = file
        header = try locating(file: path) {
            defer { withExtendedLifetime(file) {} }
            let header = try NpyHeader(parsing: file.bytes)
            try header.check(byteCount: file.bytes.count)
            return header
        }
        entries = [
            TensorEntry(
                name: TensorEntry.name(ofFile: path), dtype: header.elements.dtype,
                shape: header.elements.shape)
        ]
    }

    /// The format's name.
    public var format: String { "npy" }
    /// Bytes on disk.
    public var fileByteCount: Int { file.bytes.count }
    /// Nothing: the format carries no text.
    public var metadata: [(key: String, value: String)] { [] }

    /// The tensor of an entry: mapped if it is little-endian and C-ordered, else converted.
    public func tensor(at index: Int) throws -> Tensor {
        precondition(entries.indices.contains(index), "an npy file has one tensor")
        return header.elements.tensor(in: file, header.dataOffset..<file.bytes.count)
    }
}
