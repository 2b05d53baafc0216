// Why: everything that can be wrong with a compressed file short of its arrays' bytes, checked once on opening.

import BantamCoding
import BantamLoaders
import BantamTensors

/// What the header of a compressed file says, checked.
struct ArchiveStructure {
    var tensors: [CompressedFile.StoredTensor] = []
    var metadata: [(key: String, value: String)]
    var checksums: [Checksum]
    var header: StoredArray?
    /// The base that tensors need; `nil` if none does.
    var base: BaseReference?

    /// The one version there is.
    static let version = "1"

    /// - Throws: ``BantamError`` that says what was expected and what was found.
    init(_ file: SafetensorsFile) throws {
        try ArchiveStructure.checkVersion(file)
        try ArchiveStructure.checkHeader(file)
        metadata = file.metadata.filter { !$0.key.hasPrefix(MetadataKey.prefix) }
        for (key, _) in file.metadata
        where key.hasPrefix(MetadataKey.prefix) && !MetadataKey.all.contains(key) {
            throw BantamError(.corruption, "expected no metadata key '\(key)' in version 1")
        }
        checksums = try ArchiveStructure.checksums(file)

        let indices = Dictionary(uniqueKeysWithValues: zip(file.entries.map(\.name), file.entries.indices))
        let records = try ArchiveStructure.records(file)
        var plainTensors: Set<String> = []
        for record in records {
            let tensor = try locating(tensor: record.name) {
                try ArchiveStructure.tensor(record, file, indices, plainTensors)
            }
            tensors.append(tensor)
            if case .dense(let name) = record.tree, name == record.name { plainTensors.insert(name) }
        }
        if let name = ArchiveStructure.text(MetadataKey.header, of: file) {
            let resolver = ArrayResolver(
                file: file, indices: indices, tensor: MetadataKey.header, original: .uint8)
            header = try resolver.array(name, shape: nil, dtype: .uint8)
        }
        base = try ArchiveStructure.text(MetadataKey.base, of: file).map { try BaseReference(parsing: $0) }
        try checkBase()
        try checkUse(of: file)
        try checkTotal()
        try checkKept()
    }

    private static func text(_ key: String, of file: SafetensorsFile) -> String? {
        file.metadata.first { $0.key == key }?.value
    }

    private static func checkVersion(_ file: SafetensorsFile) throws {
        guard let found = text(MetadataKey.version, of: file) else {
            throw BantamError(
                .compatibility,
                "expected a compressed file with '\(MetadataKey.version)' in its metadata, found none")
        }
        guard found != version else { return }
        guard let number = Int(found), number > 1, String(number) == found else {
            throw BantamError(.corruption, "expected version \(version), found '\(found)'")
        }
        throw BantamError(
            .compatibility, "is of version \(found); this version of Bantam reads files of version \(version)"
        )
    }

    private static func checkHeader(_ file: SafetensorsFile) throws {
        let prologue = Array(file.file.bytes[..<file.dataStart])
        guard let place = HeaderChecksum.place(in: prologue) else {
            throw BantamError(
                .corruption,
                "expected '\(MetadataKey.checksum)' with 16 digits once in the header, found it not so")
        }
        let expected = HeaderChecksum.checksum(of: prologue, digits: place)
        let found = String(decoding: prologue[place], as: UTF8.self)
        guard found == expected.description else {
            throw BantamError(.corruption, "the header has checksum \(expected), but says \(found)")
        }
    }

    /// The checksums of all arrays, by position in the header.
    private static func checksums(_ file: SafetensorsFile) throws -> [Checksum] {
        guard let text = text(MetadataKey.checksums, of: file), let bytes = Base64.decoded(text),
            bytes.count == 8 * file.entries.count
        else {
            throw BantamError(
                .corruption,
                "expected '\(MetadataKey.checksums)' with \(file.entries.count) checksums as base64, found none such"
            )
        }
        // In the file they stand in the order of the data; arrays without bytes keep the order of the header.
        let order = file.entries.indices.sorted {
            let (a, b) = (file.header.items[$0].range, file.header.items[$1].range)
            return (a.lowerBound, a.upperBound, $0) < (b.lowerBound, b.upperBound, $1)
        }
        var checksums = [Checksum](repeating: Checksum(value: 0), count: file.entries.count)
        for (position, index) in order.enumerated() {
            let value = bytes[8 * position..<8 * position + 8].reversed().reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            checksums[index] = Checksum(value: value)
        }
        return checksums
    }

    private static func records(_ file: SafetensorsFile) throws -> [TensorRecord] {
        guard let text = text(MetadataKey.encodings, of: file) else {
            throw BantamError(.corruption, "expected '\(MetadataKey.encodings)' in the metadata, found none")
        }
        let json = try Array(text.utf8).withUnsafeBytes { try JSON(parsing: $0) }
        guard let members = json.objectValue else {
            throw BantamError(.corruption, "encodings: expected an object, found \(json.kind)")
        }
        var names: Set<String> = []
        for member in members where !names.insert(member.key).inserted {
            throw BantamError(
                .corruption, tensor: member.key, "encodings: expected this name once, found it twice")
        }
        return try members.map { member in try locating(tensor: member.key) { try TensorRecord(member) } }
    }

    /// - Parameter plainTensors: the earlier tensors that stand plain under their own names.
    private static func tensor(
        _ record: TensorRecord, _ file: SafetensorsFile, _ indices: [String: Int],
        _ plainTensors: Set<String>
    ) throws -> CompressedFile.StoredTensor {
        let (dtype, shape) = (record.dtype, record.shape)
        let entry = TensorEntry(name: record.name, dtype: dtype, shape: shape)
        // What the base has in full need not be in proportion to this file.
        if case .base(let base) = record.tree {
            guard base == record.checksum, shape.elementCount > 0 else {
                throw BantamError(
                    .corruption,
                    "expected elements, and the checksum \(base) of the base's tensor, found \(shape) and "
                        + "\(record.checksum)")
            }
            return CompressedFile.StoredTensor(entry: entry, tree: .base(base), checksum: record.checksum)
        }
        guard Proportion.allows(entry.byteCount, for: file.fileByteCount) else {
            throw BantamError(
                .corruption,
                "expected at most \(Proportion.limit) bytes for each of the file's \(file.fileByteCount), "
                    + "found \(dtype.rawValue) \(shape)")
        }
        if case .dense = record.tree {
        } else if shape.elementCount == 0 {
            throw BantamError(.corruption, "expected a dense tensor of shape \(shape), found parts")
        }
        if record.tree.isPacked {
            throw BantamError(.corruption, "expected packed codes as part of an encoding, found them alone")
        }
        let resolver = ArrayResolver(file: file, indices: indices, tensor: record.name, original: dtype)
        let arrays: PartTree<StoredArray>
        if case .dense(let name) = record.tree, name != record.name, !resolver.isCoded(name) {
            guard plainTensors.contains(name) else {
                throw BantamError(
                    .corruption,
                    "expected a plain array of the tensor's own name or of an earlier tensor's, found '\(name)'"
                )
            }
            arrays = .dense(try resolver.array(ofTensor: name, shape: shape))
        } else {
            arrays = try resolver.resolve(record.tree, shape: shape)
        }
        if case .trellis = arrays, !dtype.isRealFloat {
            throw BantamError(
                .corruption, "expected a float tensor for trellis-coded indices, found \(dtype.rawValue)")
        }
        if let elements = arrays.elements {
            guard elements.layout.dtype == dtype && arrays.isExact || dtype.isRealFloat else {
                throw BantamError(
                    .corruption,
                    "expected \(dtype.rawValue) values, found \(elements.layout.dtype.rawValue)")
            }
        }
        return CompressedFile.StoredTensor(entry: entry, tree: arrays, checksum: record.checksum)
    }

    /// Where an array is the tensor, both have one checksum.
    private func checkKept() throws {
        for tensor in tensors {
            guard let array = tensor.keptArray, checksums[array.index] != tensor.checksum else { continue }
            throw BantamError(
                .corruption, tensor: tensor.entry.name,
                "expected values of checksum \(tensor.checksum), found an array of checksum "
                    + "\(checksums[array.index])")
        }
    }

    /// The bytes of all tensors together can be counted.
    private func checkTotal() throws {
        var total = 0
        for tensor in tensors {
            let (sum, overflow) = total.addingReportingOverflow(tensor.entry.byteCount)
            guard !overflow else {
                throw BantamError(.corruption, "expected tensors of fewer than 2^63 bytes in all, found more")
            }
            total = sum
        }
    }

    /// The base is named if a tensor needs one, and by the checksum of what the tensors need.
    private func checkBase() throws {
        let checksums = tensors.compactMap(\.tree.base)
        guard checksums.isEmpty == (base == nil) else {
            throw BantamError(
                .corruption,
                "expected '\(MetadataKey.base)' if and only if tensors need a base, found \(checksums.count) that do"
            )
        }
        guard let base, case let expected = BaseReference(file: base.file, checksums: checksums),
            expected != base
        else { return }
        throw BantamError(
            .corruption, "expected a base of checksum \(expected.checksum), found \(base.checksum)")
    }

    /// Every array of the file belongs to a part. To several only if it is the same array in all of them, and
    /// not the source's header; to several whole tensors, if it is plain, only as elements of one dtype.
    private func checkUse(of file: SafetensorsFile) throws {
        enum Use { case part, tensor, header }
        var uses = [(array: StoredArray, use: Use)?](repeating: nil, count: file.entries.count)
        func add(_ array: StoredArray, _ use: Use) throws {
            if let other = uses[array.index] {
                let isSame =
                    switch use {
                    case .part: other.array.layout == array.layout && other.array.isCoded == array.isCoded
                    case .tensor: other.array.layout.dtype == array.layout.dtype
                    case .header: false
                    }
                guard isSame, other.use == use else {
                    throw BantamError(
                        .corruption,
                        "expected array '\(file.entries[array.index].name)' to be one part, found it as two")
                }
            }
            uses[array.index] = (array, use)
        }
        for tensor in tensors {
            let isKept = if case .dense(let array) = tensor.tree { !array.isCoded } else { false }
            for array in tensor.tree.leaves { try add(array, isKept ? .tensor : .part) }
        }
        if let header { try add(header, .header) }
        if let orphan = uses.firstIndex(where: { $0 == nil }) {
            throw BantamError(
                .corruption,
                "expected array '\(file.entries[orphan].name)' to be part of a tensor, found it to be none")
        }
    }
}

extension PartTree {
    /// Whether decoding gives the elements themselves: no scales, no product.
    fileprivate var isExact: Bool {
        switch self {
        case .dense: true
        case .number, .quantized, .lowRank, .palettized, .trellis, .packed, .base, .predicted: false
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _): values.isExact
        case .repeatedRows(let distinct, _, _): distinct.isExact
        }
    }

    /// Whether this is no more than packed codes.
    fileprivate var isPacked: Bool {
        switch self {
        case .packed: true
        case .repeatedRows(let distinct, _, _): distinct.isPacked
        default: false
        }
    }
}
