// Why: a fine-tuned model is small beside the model it came from; both sides must mean the same file by that.

import BantamCoding
import BantamLoaders
import BantamTensors

/// A tensor file that other files are predicted from: the model before fine-tuning.
///
/// It may be of any format, compressed ones included. Tensors correspond if name, dtype and shape are the same.
public struct BaseFile: Sendable {
    /// The path as the user gave it.
    public var path: String { file.path }
    /// What a compressed file records of the path: its last part.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    private let file: any TensorFile
    /// By the bytes of the name: strings that merely look the same are different names.
    private let positions: [[UInt8]: Int]

    /// The tensors of `file` as a base.
    public init(_ file: any TensorFile) {
        self.file = file
        positions = Dictionary(
            file.entries.enumerated().map { (Array($1.name.utf8), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The base's tensor of the same name, dtype and shape; `nil` if there is none.
    ///
    /// - Throws: what reading it throws, with file and tensor.
    public func tensor(like entry: TensorEntry) throws -> Tensor? {
        guard let index = positions[Array(entry.name.utf8)], file.entries[index].dtype == entry.dtype,
            file.entries[index].shape == entry.shape
        else { return nil }
        return try locating(file: path, tensor: entry.name) { try file.tensor(at: index) }
    }

    /// The base's tensor that a compressed file was made with.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that says what was expected and what was found, if this is
    ///   another base; what reading it throws.
    func tensor(like entry: TensorEntry, checksum: Checksum, of reference: BaseReference) throws -> Tensor {
        try locating(file: path, tensor: entry.name) {
            guard let index = positions[Array(entry.name.utf8)] else {
                throw BantamError(
                    .corruption,
                    "expected the base '\(reference.file)' with this tensor, found no such tensor")
            }
            guard let tensor = try tensor(like: entry) else {
                let found = file.entries[index]
                throw BantamError(
                    .corruption,
                    "expected the base '\(reference.file)' with \(entry.dtype.rawValue) \(entry.shape), found "
                        + "\(found.dtype.rawValue) \(found.shape)")
            }
            let found = Checksum(of: tensor)
            guard found == checksum else {
                throw BantamError(
                    .corruption,
                    "expected the base '\(reference.file)' with values of checksum \(checksum), found \(found)"
                )
            }
            return tensor
        }
    }
}

/// What a compressed file says of the base that it was made with.
public struct BaseReference: Sendable, Hashable {
    /// The name of the base's file, without folders.
    public var file: String
    /// The checksum of the checksums of all the base's tensors that are needed; see `docs/format.md`.
    public var checksum: Checksum

    /// The reference of a file whose tensors need base tensors of these checksums, in the order of the file.
    init(file: String, checksums: [Checksum]) {
        self.file = file
        checksum = Checksum(of: checksums.flatMap(\.littleEndianBytes))
    }

    /// What stands in the metadata.
    var text: String {
        JSON.object([
            .init("file", .string(file)), .init("checksum", .string(checksum.description)),
        ]).text
    }

    /// The reference that a text writes.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if it is none.
    init(parsing text: String) throws {
        let json = try JSON(parsing: text)
        guard json.objectValue?.count == 2, let file = json["file"]?.stringValue,
            let checksum = json["checksum"]?.stringValue.flatMap({ Checksum($0) })
        else {
            throw BantamError(
                .corruption, "expected '\(MetadataKey.base)' with 'file' and 'checksum', found '\(text)'")
        }
        self.file = file
        self.checksum = checksum
    }
}
