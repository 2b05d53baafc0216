// Why: a compressed file read as if it were a plain one, and never a wrong tensor out of it.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors

/// A compressed file, opened for reading; see `docs/format.md`.
///
/// Opening checks the structure: header, version, encodings, and that every array is there and of the size its
/// tensor needs. The bytes of an array are checked against their checksum when a tensor of it is asked for.
public final class CompressedFile: StoredTensorFile {
    /// The path as the user gave it.
    public let path: String
    /// The original tensors, in the order of the source.
    public let entries: [TensorEntry]
    /// The source's own metadata.
    public let metadata: [(key: String, value: String)]
    /// Threads that ``tensor(at:)`` and ``encoding(at:)`` use.
    public let workers: Workers

    let file: SafetensorsFile
    let tensors: [StoredTensor]
    /// The checksums of the arrays, by position in the safetensors header.
    let checksums: [Checksum]
    /// The source's header, if it is kept.
    let header: StoredArray?
    /// What the file was predicted from; tensors that need it cannot be had without.
    public let base: BaseFile?
    /// What the file says of the base that it needs; `nil` if it needs none.
    public let neededBase: BaseReference?
    private let shared: SharedArrays<Int>

    /// An original tensor and its arrays.
    struct StoredTensor: Sendable {
        var entry: TensorEntry
        var tree: PartTree<StoredArray>
        /// The checksum of what comes back.
        var checksum: Checksum

        /// The array that is the tensor, byte for byte; `nil` if the tensor is held in any other way.
        var keptArray: StoredArray? {
            guard case .dense(let array) = tree, !array.isCoded, array.layout.dtype == entry.dtype else {
                return nil
            }
            return array
        }
    }

    /// Opens the compressed file at `path`.
    ///
    /// - Throws: ``BantamError`` with file and tensor: `missingInput` or `io`; `compatibility` if it is no
    ///   compressed file or of a newer version; `corruption` or `insufficientData` if it is damaged.
    public convenience init(_ path: String, workers: Workers = .one, base: BaseFile? = nil) throws {
        try self.init(SafetensorsFile(path), workers: workers, base: base)
    }

    /// The compressed file that is open as a safetensors file already.
    public init(_ file: SafetensorsFile, workers: Workers = .one, base: BaseFile? = nil) throws {
        let structure = try locating(file: file.path) { try ArchiveStructure(file) }
        path = file.path
        self.file = file
        self.workers = workers
        tensors = structure.tensors
        entries = structure.tensors.map(\.entry)
        metadata = structure.metadata
        checksums = structure.checksums
        header = structure.header
        self.base = base
        neededBase = structure.base
        shared = SharedArrays(tensors.map { $0.tree.leaves.map(\.index) })
        if let header { try checkSourceHeader(header) }
    }

    /// Whether a safetensors file says that it is a compressed file.
    ///
    /// Any of the archive's keys will do, so that damage to one does not turn the file into a plain one.
    public static func recognizes(_ file: SafetensorsFile) -> Bool {
        file.metadata.contains { MetadataKey.all.contains($0.key) }
    }

    /// `bantam`
    public var format: String { "bantam" }
    /// Bytes on disk.
    public var fileByteCount: Int { file.fileByteCount }

    /// How a tensor is held, and the bytes of its arrays that no earlier tensor has; what the header says of it
    /// is not counted.
    public func storage(at index: Int) -> (encoding: String, byteCount: Int) {
        let tree = tensors[index].tree
        let bytes = shared.owned(by: index).reduce(0) { $0 + file.header.items[$1].range.count }
        if let twin = shared.twin(of: index) { return (sameAsSummary(entries[twin].name), bytes) }
        return (tree.storedSummary(entries[index].dtype) { ($0.layout.dtype, $0.isCoded) }, bytes)
    }

    /// The positions of a tensor's arrays that no earlier tensor is held by.
    func ownedArrays(of index: Int) -> Set<Int> { shared.owned(by: index) }

    /// The tensor in its original dtype, its stored bytes and its values checked against their checksums.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if anything of it is damaged.
    public func tensor(at index: Int) throws -> Tensor { try tensor(at: index, workers: workers) }

    /// The tensor in its original dtype, decoded by so many threads.
    public func tensor(at index: Int, workers: Workers) throws -> Tensor {
        let stored = tensors[index]
        if let base = stored.tree.base { return try tensor(stored, predictedFrom: base, workers: workers) }
        if let tensor = try StoredPieces(self, at: index)?.decoded(workers: workers) { return tensor }
        let encoding = try encoding(at: index, workers: workers)
        return try locating(file: path, tensor: stored.entry.name) {
            // The bytes of a kept tensor are checked already: those of its array.
            if stored.keptArray != nil, case .dense(let tensor) = encoding { return tensor }
            let reconstruction = try Reconstruction(of: encoding, as: stored.entry.dtype, workers: workers)
            guard reconstruction.checksum == stored.checksum else {
                throw BantamError(
                    .corruption,
                    "expected values of checksum \(stored.checksum), found \(reconstruction.checksum)")
            }
            return reconstruction.tensor
        }
    }

    /// The tensor as it is held, its stored bytes checked against their checksums.
    public func encoding(at index: Int) throws -> Encoding { try encoding(at: index, workers: workers) }

    private func encoding(at index: Int, workers: Workers) throws -> Encoding {
        let stored = tensors[index]
        if stored.tree.base != nil { return .dense(try tensor(at: index, workers: workers)) }
        return try locating(file: path, tensor: stored.entry.name) {
            try MemoryLimit.check(
                max(stored.entry.byteCount, stored.entry.shape.elementCount * 4), elementsOf: 1)
            return try stored.tree.map { try array($1, workers: workers) }
                .encoding(shape: stored.entry.shape, workers: workers)
        }
    }

    /// The header of the safetensors file this was made from, without its length; `nil` if a header made from
    /// ``entries`` and ``metadata`` has the same bytes, or the source was no safetensors file.
    func sourceHeader() throws -> [UInt8]? {
        guard let header else { return nil }
        return try locating(file: path) {
            let tensor = try array(header, workers: .one)
            return withExtendedLifetime(tensor) { Array(tensor.storage.bytes) }
        }
    }

    /// A tensor that is that of the base, or made of it.
    private func tensor(
        _ stored: StoredTensor, predictedFrom checksum: Checksum, workers: Workers
    ) throws -> Tensor {
        try locating(file: path, tensor: stored.entry.name) {
            guard let base, let neededBase else { throw missingBase() }
            let tensor = try base.tensor(like: stored.entry, checksum: checksum, of: neededBase)
            guard case .predicted(let residual, let kind, _) = stored.tree else { return tensor }
            let result = try kind.added(
                try array(residual, workers: workers), to: tensor, workers: workers)
            let found = Checksum(of: result)
            guard found == stored.checksum else {
                throw BantamError(
                    .corruption, "expected values of checksum \(stored.checksum), found \(found)")
            }
            return result
        }
    }

    /// What is said to who asks for a tensor that needs the base.
    private func missingBase() -> BantamError {
        BantamError(
            .missingInput, file: path,
            "expected the base '\(neededBase?.file ?? "")' (checksum \(neededBase?.checksum.description ?? "")), "
                + "which it was compressed against; give that file with --base")
    }

    /// Passes if the base is there that the file needs, if it needs one. What is in it is checked tensor by
    /// tensor.
    ///
    /// - Throws: ``BantamError`` of kind `missingInput` that names the base.
    public func checkBase() throws { if neededBase != nil, base == nil { throw missingBase() } }

    /// Checks what is stored of a tensor as far as that goes without its base.
    func checkStored(at index: Int, workers: Workers) throws {
        let stored = tensors[index]
        try locating(file: path, tensor: stored.entry.name) {
            for leaf in stored.tree.leaves { _ = try array(leaf, workers: workers) }
        }
    }

    /// The number of tensors that cannot be had without the base.
    public var predictedCount: Int { tensors.count { $0.tree.base != nil } }

    /// Passes if the source's header that is kept is one, and of the same tensors as ``entries``.
    private func checkSourceHeader(_ header: StoredArray) throws {
        try locating(file: path) {
            guard header.layout.byteCount <= SafetensorsHeader.maximumByteCount else {
                throw BantamError(
                    .corruption,
                    "expected a source's header of at most \(SafetensorsHeader.maximumByteCount) bytes, found "
                        + "\(header.layout.byteCount)")
            }
            let bytes = try array(header, workers: .one).array(as: UInt8.self)
            let items = try bytes.withUnsafeBytes {
                try SafetensorsHeader(
                    parsing: $0, dataByteCount: entries.reduce(0) { $0 + $1.byteCount }
                ).items
            }
            let known = Dictionary(items.map { ($0.entry.name, $0.entry) }, uniquingKeysWith: { a, _ in a })
            for entry in entries {
                guard let found = known[entry.name] else {
                    throw BantamError(
                        .corruption, tensor: entry.name,
                        "expected this tensor in the source's header, found none")
                }
                guard found == entry else {
                    throw BantamError(
                        .corruption, tensor: entry.name,
                        "expected \(entry.dtype.rawValue) \(entry.shape) in the source's header, found "
                            + "\(found.dtype.rawValue) \(found.shape)")
                }
            }
            guard items.count == entries.count else {
                throw BantamError(
                    .corruption,
                    "expected \(entries.count) tensors in the source's header, found \(items.count)")
            }
        }
    }

    /// An array, decoded; never one whose stored bytes do not have their checksum.
    func array(_ array: StoredArray, workers: Workers) throws -> Tensor {
        let stored = try file.tensor(at: array.index)
        let found = Checksum(of: stored)
        guard found == checksums[array.index] else {
            throw BantamError(
                .corruption,
                "array '\(file.header.items[array.index].entry.name)': expected checksum "
                    + "\(checksums[array.index]), found \(found)")
        }
        let layout = array.layout
        guard array.isCoded else {
            return Tensor(layout.dtype, layout.shape, aligned(stored.storage, layout))
        }
        try MemoryLimit.check(layout.byteCount, elementsOf: 1)
        return try withExtendedLifetime(stored) {
            Tensor(
                layout.dtype, layout.shape,
                try Storage(byteCount: layout.byteCount) {
                    try CodedArray.decode(
                        stored.storage.bytes, of: layout.dtype, columns: layout.shape.codedColumns, into: $0,
                        owner: stored.storage, workers: workers)
                })
        }
    }

    /// The bytes of a complex128 array stand as bytes and may be less aligned than its elements need.
    private func aligned(_ storage: Storage, _ layout: ArrayLayout) -> Storage {
        guard Int(bitPattern: storage.bytes.baseAddress) % layout.dtype.alignment != 0 else { return storage }
        return withExtendedLifetime(storage) {
            Storage(byteCount: storage.bytes.count) { $0.copyMemory(from: storage.bytes) }
        }
    }
}
