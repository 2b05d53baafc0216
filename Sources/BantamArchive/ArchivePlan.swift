// Why: names, places and the header follow from the tensors alone, whatever order they were added in.

import BantamCoding
import BantamLoaders
import BantamTensors

/// The layout of a compressed file: everything before the data, and the arrays in their order.
struct ArchivePlan {
    /// The length, the header and its padding.
    let prologue: [UInt8]
    /// The arrays as they follow.
    let arrays: [SpooledArray]
    /// How each tensor is held, by what coders, and in how many bytes that no earlier tensor has.
    let holdings: [(summary: String, coders: [String], byteCount: Int)]
    /// The bytes that equal arrays would take more if each were stored.
    let sharedByteCount: Int

    /// - Parameters:
    ///   - sharesPlain: whether a plain tensor may be held by that of an earlier one, under whose name alone other
    ///     tools then find it.
    ///   - prologueByteCount: what everything before the data must come to, at least what it needs.
    init(
        _ tensors: [(entry: TensorEntry, tensor: AddedTensor)], source: any TensorFile, header: SpooledArray?,
        base: BaseFile?, spool: SpoolFile, sharesPlain: Bool, prologueByteCount: Int? = nil
    ) throws {
        var names = ArrayNames(reserved: tensors.map(\.entry.name))
        var stored: [(name: String, array: SpooledArray)] = []
        var known = EqualArrays(spool: spool)
        var records: [TensorRecord] = []
        for (entry, tensor) in tensors {
            var tree = try known.tree(ofTwin: tensor, like: entry)
            tree =
                try tree
                ?? tensor.tree.map { path, array in
                    // A dense tensor's plain array has the tensor's own name, which is reserved for it.
                    if path.isEmpty && !array.isCoded {
                        if sharesPlain, let name = try known.name(ofPlain: array) { return name }
                        stored.append((entry.name, array))
                        known.add(plain: array, entry.name)
                        return entry.name
                    }
                    // Tables are trained for many tensors together and mean nothing to any other tool.
                    let isTables = path == "." + Part.tables
                    let isShared = (array.isCoded || isTables) && array.stream == nil
                    if isShared, let name = try known.name(of: array) { return name }
                    let name = names.name(entry.name + path, isCoded: array.isCoded)
                    stored.append((name, array))
                    if isShared { known.add(array, name) }
                    return name
                }
            guard let tree else { continue }
            known.add(tensor, tree, like: entry)
            records.append(
                TensorRecord(
                    name: entry.name, dtype: entry.dtype, shape: entry.shape, checksum: tensor.checksum,
                    tree: tree))
        }
        let sizes = Dictionary(
            stored.map { ($0.name, $0.array.range.count) }, uniquingKeysWith: { a, _ in a })
        let shared = SharedArrays(records.map(\.tree.leaves))
        holdings = tensors.indices.map { index in
            let twin = shared.twin(of: index)
            return (
                twin.map { sameAsSummary(records[$0].name) } ?? tensors[index].tensor.summary,
                twin == nil ? tensors[index].tensor.coders : [],
                shared.owned(by: index).reduce(0) { $0 + (sizes[$1] ?? 0) }
            )
        }
        sharedByteCount =
            tensors.reduce(0) { $0 + $1.tensor.tree.leaves.reduce(0) { $0 + $1.range.count } }
            - holdings.reduce(0) { $0 + $1.byteCount }
        let bases = records.compactMap(\.tree.base)
        let reference = bases.isEmpty ? nil : base.map { BaseReference(file: $0.name, checksums: bases) }
        var headerName: String?
        if let header {
            let name = names.name(MetadataKey.header, isCoded: header.isCoded)
            stored.append((name, header))
            headerName = name
        }
        // The widest elements first: then every array is aligned to its elements without padding. Among equals
        // the order is the source's.
        let order = stored.indices.sorted {
            let (a, b) = (stored[$0].array.elementByteCount, stored[$1].array.elementByteCount)
            return a != b ? a > b : $0 < $1
        }
        arrays = order.map { stored[$0].array }
        prologue = try ArchivePlan.prologue(
            entries: order.map { stored[$0].array.entry(stored[$0].name) },
            metadata: source.metadata + [
                (MetadataKey.version, "1"),
                (MetadataKey.encodings, JSON.object(records.map(\.member)).text),
                (MetadataKey.checksums, Base64.encoded(arrays.flatMap(\.checksum.littleEndianBytes))),
            ] + (headerName.map { [(MetadataKey.header, $0)] } ?? [])
                + (reference.map { [(MetadataKey.base, $0.text)] } ?? []),
            byteCount: prologueByteCount)
    }

    private static func prologue(
        entries: [TensorEntry], metadata: [(key: String, value: String)], byteCount: Int?
    ) throws -> [UInt8] {
        var bytes = try SafetensorsHeader(
            layingOut: entries, metadata: metadata + [(MetadataKey.checksum, HeaderChecksum.placeholder)],
            order: .given
        ).encoded()
        if let byteCount {
            guard bytes.count <= byteCount else {
                throw BantamError(.internal, "the header needs \(bytes.count) bytes, \(byteCount) are there")
            }
            bytes += [UInt8](repeating: UInt8(ascii: " "), count: byteCount - bytes.count)
            let prefix = SafetensorsHeader.prefixByteCount
            bytes.replaceSubrange(
                ..<prefix, with: SafetensorsHeader.prefix(headerByteCount: byteCount - prefix))
        }
        guard let digits = HeaderChecksum.place(in: bytes) else {
            throw BantamError(.internal, "the header has no place for its checksum")
        }
        let checksum = HeaderChecksum.checksum(of: bytes, digits: digits)
        bytes.replaceSubrange(digits, with: checksum.description.utf8)
        return bytes
    }
}

/// The names of arrays, none of them given twice.
private struct ArrayNames {
    private var taken: Set<String>

    /// Names that no part may have: those of the source's tensors.
    init(reserved: [String]) { taken = Set(reserved + [SafetensorsHeader.metadataKey]) }

    /// The name of an array: `start`, a number only if that name is taken, and the mark of a coded array.
    mutating func name(_ start: String, isCoded: Bool) -> String {
        let suffix = isCoded ? ArrayName.codedSuffix : ""
        var name = start + suffix
        var number = 1
        while !taken.insert(name).inserted {
            name = "\(start)_\(number)\(suffix)"
            number += 1
        }
        return name
    }
}

extension SpooledArray {
    /// The bytes that an element's alignment asks for; 1 for coded arrays and packed elements.
    fileprivate var elementByteCount: Int { isCoded ? 1 : max(1, layout.dtype.bitWidth / 8) }

    fileprivate func entry(_ name: String) -> TensorEntry {
        if isCoded { return TensorEntry(name: name, dtype: .uint8, shape: [range.count]) }
        let (dtype, shape) = layout.plainEntry
        return TensorEntry(name: name, dtype: dtype, shape: shape)
    }
}

extension Checksum {
    /// The eight bytes, least significant first.
    var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }
}
