// Why: a compressed file is written while tensors come from several threads in any order, with no more of it in
// memory than is being worked on, and its bytes must not show any of that.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import Synchronization

/// Writes one compressed file.
///
/// ```swift
/// let writer = try ArchiveWriter("small.safetensors", overwriting: false, source: source, coding: .automatic)
/// for (index, entry) in source.entries.enumerated() {
///     let original = try source.tensor(at: index)
///     try writer.add(writer.prepare(.dense(original), workers: workers), at: index, original: original)
/// }
/// print(try writer.finish().byteCount)
/// ```
/// Until ``finish()`` no file has the name. The format is described in `docs/format.md`.
public final class ArchiveWriter: Sendable {
    /// The path as the user gave it.
    public let path: String
    private let source: any TensorFile
    private let coding: Coding
    private let base: BaseFile?
    private let output: OutputFile
    private let spool: SpoolFile
    private let added: Mutex<[AddedTensor?]>

    /// Begins a compressed file called `path`.
    ///
    /// - Throws: ``BantamError`` as ``init(_:source:coding:base:)``, `cannotCreate` if `path` exists and is not to be
    ///   overwritten or cannot be written to.
    public convenience init(
        _ path: String, overwriting: Bool, source: any TensorFile, coding: Coding, base: BaseFile? = nil
    ) throws {
        try self.init(
            try OutputFile(path, overwriting: overwriting), source: source, coding: coding, base: base)
    }

    /// Begins a compressed file in `output`.
    ///
    /// - Parameter base: what tensors that are added may have been predicted from.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the source is compressed already or its metadata
    ///   has a key that begins with `bantam.`.
    public init(
        _ output: OutputFile, source: any TensorFile, coding: Coding, base: BaseFile? = nil
    ) throws {
        if source is any StoredTensorFile
            || source.metadata.contains(where: { $0.key == MetadataKey.version })
        {
            throw BantamError(
                .invalidArgument, file: source.path, "is compressed already; decompress it first")
        }
        if let (key, _) = source.metadata.first(where: { $0.key.hasPrefix(MetadataKey.prefix) }) {
            throw BantamError(
                .invalidArgument, file: source.path,
                "the metadata key '\(key)' begins with '\(MetadataKey.prefix)', which compressed files reserve"
            )
        }
        path = output.path
        self.source = source
        self.coding = coding
        self.base = base
        self.output = output
        spool = try SpoolFile(for: output)
        added = Mutex([AddedTensor?](repeating: nil, count: source.entries.count))
    }

    /// Codes the arrays of an encoding in memory, to be compared or added.
    ///
    /// - Parameter dtype: that of the tensor in its file, if a dense encoding may be held by codes and scales.
    /// - Throws: what ``PreparedTensor/init(_:original:coding:workers:)`` throws.
    public func prepare(
        _ encoding: Encoding, original dtype: DType? = nil, workers: Workers
    ) throws -> PreparedTensor {
        try PreparedTensor(encoding, original: dtype, coding: coding, workers: workers)
    }

    /// Stores the tensor of an entry of the source. May be called from several threads, in any order.
    ///
    /// - Parameters:
    ///   - prepared: how the tensor is to be held.
    ///   - index: a position in the source's entries, each of which is added once.
    ///   - original: the source's tensor, to tell whether it comes back bit for bit.
    ///   - workers: threads to decode with; what is written does not depend on them.
    /// - Throws: ``BantamError``: `invalidArgument` if the encoding is not of the original's shape or cannot be
    ///   turned back into its dtype, `io` on a full disk for one.
    public func add(
        _ prepared: PreparedTensor, at index: Int, original: Tensor, workers: Workers = .one
    ) throws {
        let entry = source.entries[index]
        try locating(tensor: entry.name) {
            guard base != nil || prepared.tree.base == nil else {
                throw BantamError(.invalidArgument, "is predicted from a base that the file does not name")
            }
            guard prepared.encoding.shape == entry.shape, original.shape == entry.shape,
                original.dtype == entry.dtype
            else {
                throw BantamError(
                    .invalidArgument,
                    "expected \(entry.dtype.rawValue) \(entry.shape), found an encoding of "
                        + "\(prepared.encoding.shape) for \(original.dtype.rawValue) \(original.shape)")
            }
            let tensor = try AddedTensor(prepared, original: original, spool: spool, workers: workers)
            try add(tensor, at: index)
        }
    }

    /// Has the tensor of an entry stored losslessly, coded on its way into the file, block by block, so that
    /// it stands nowhere else in between. May be called from several threads, in any order.
    ///
    /// What a stream writes is not shared with equal tensors: it is for those that have none.
    ///
    /// - Parameters:
    ///   - original: the source's tensor.
    ///   - workers: threads to choose a coder with.
    /// - Returns: whether it will be. It is not worth it for small tensors, for those that do not clearly
    ///   shrink, for those with equal rows, for those that codes and scales may give back, and for those that are in
    ///   memory already: they are to be prepared and added.
    /// - Throws: ``BantamError`` of a coder.
    public func stream(_ original: Tensor, at index: Int, workers: Workers = .one) throws -> Bool {
        let entry = source.entries[index]
        return try locating(tensor: entry.name) {
            guard original.storage.isMapped, original.shape == entry.shape, original.dtype == entry.dtype,
                !coding.isNone, !PreparedTensor.mayBeRecovered(original),
                EqualRows(of: original, workers: workers) == nil,
                let encoder = try coding.blockEncoder(for: original, workers: workers)
            else { return false }
            let stream = TensorStream(index: index, tensor: original, encoder: encoder)
            try add(AddedTensor(SpooledArray(stream), original: entry.dtype), at: index)
            return true
        }
    }

    private func add(_ tensor: AddedTensor, at index: Int) throws {
        try added.withLock {
            guard $0[index] == nil else { throw BantamError(.internal, "added twice") }
            $0[index] = tensor
        }
    }

    /// Stores the tensor of an entry as one that was added already, because the source has the same bytes there.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the other one is of another dtype or shape, was
    ///   not added, or is a stream.
    public func add(equalOf other: Int, at index: Int) throws {
        let (entry, otherEntry) = (source.entries[index], source.entries[other])
        try locating(tensor: entry.name) {
            try added.withLock {
                guard let tensor = $0[other], entry.dtype == otherEntry.dtype,
                    entry.shape == otherEntry.shape, tensor.tree.leaves.allSatisfy({ $0.stream == nil })
                else {
                    throw BantamError(
                        .invalidArgument, "expected the equal of '\(otherEntry.name)', found another tensor")
                }
                guard $0[index] == nil else { throw BantamError(.internal, "added twice") }
                $0[index] = tensor
            }
        }
    }

    /// Lays the file out, writes it and gives it its name.
    ///
    /// - Parameters:
    ///   - workers: threads to code and write with; what is written does not depend on them.
    ///   - progress: called with the plain bytes of each block of a stream that is coded, from any thread.
    ///   - accept: told the bytes of the file, says whether it gets its name. If not, another writer may write
    ///     to the same output.
    /// - Throws: ``BantamError``: `internal` if a tensor is missing, `io` or `cannotCreate` if the file cannot
    ///   be written.
    public func finish(
        workers: Workers = .one, progress: @escaping @Sendable (Int) -> Void = { _ in },
        accept: (Int) throws -> Bool = { _ in true }
    ) throws -> ArchiveSummary {
        var tensors = try added.withLock { added in
            try zip(added, source.entries).map { tensor, entry in
                guard let tensor else { throw BantamError(.internal, tensor: entry.name, "was never added") }
                return (entry: entry, tensor: tensor)
            }
        }
        let header = try storedHeader()
        // With coding none every tensor must be there for tools that know no more than safetensors.
        func plan(
            _ tensors: [(entry: TensorEntry, tensor: AddedTensor)], _ prologueByteCount: Int? = nil
        ) throws -> ArchivePlan {
            try ArchivePlan(
                tensors, source: source, header: header, base: base, spool: spool,
                sharesPlain: !coding.isNone, prologueByteCount: prologueByteCount)
        }
        var layout = try plan(tensors)
        while true {
            let data = ArchiveData(layout, spool: spool, output: output, progress: progress)
            let written = try data.write(workers)
            if written.refused.isEmpty {
                for (index, array) in written.streamed {
                    tensors[index].tensor = AddedTensor(array, original: tensors[index].entry.dtype)
                }
                if !written.streamed.isEmpty {
                    layout = try plan(tensors, layout.prologue.count)
                }
                break
            }
            // Rare: pieces of a tensor shrink, all of it does not. It is stored plain, so all places change.
            for index in written.refused {
                let tensor = try source.tensor(at: index)
                let plain = try PreparedTensor(.dense(tensor), coding: .none, workers: workers)
                tensors[index].tensor = try AddedTensor(
                    plain, original: tensor, spool: spool, workers: workers)
            }
            layout = try plan(tensors)
        }
        try layout.prologue.withUnsafeBytes { try output.write($0, at: 0) }
        let byteCount = output.byteCount
        if try accept(byteCount) { try output.commit() }
        return ArchiveSummary(
            byteCount: byteCount, headerByteCount: layout.prologue.count,
            sharedByteCount: layout.sharedByteCount,
            tensors: zip(tensors, layout.holdings).map { tensor, holding in
                ArchiveSummary.Tensor(
                    name: tensor.entry.name, encoding: holding.summary, coders: holding.coders,
                    byteCount: holding.byteCount,
                    isLossless: tensor.tensor.isLossless)
            })
    }

    /// The source's header as an array of its own, if a canonical one would not have the same bytes.
    private func storedHeader() throws -> SpooledArray? {
        guard let source = source as? SafetensorsFile, !source.headerBytes.isEmpty else { return nil }
        let canonical = try? SafetensorsHeader(
            layingOut: source.entries, metadata: source.metadata.isEmpty ? nil : source.metadata
        ).encoded()
        let header = source.headerBytes
        if let canonical, canonical.dropFirst(SafetensorsHeader.prefixByteCount).elementsEqual(header) {
            return nil
        }
        let tensor = Tensor(.uint8, [header.count], Array(header))
        let prepared = try PreparedTensor(.dense(tensor), coding: coding, workers: .one)
        return try prepared.tree.elements.map { try SpooledArray($0, spool: spool) }
    }
}
