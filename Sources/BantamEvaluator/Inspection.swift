import BantamArchive
import BantamEncodings
import BantamLoaders
import BantamTensors

/// What is in a file, tensor by tensor.
public struct Inspection: Sendable {
    /// One tensor of the file.
    public struct Item: Sendable {
        /// Name, dtype and shape.
        public var entry: TensorEntry
        /// How it is held: the encoding in a compressed file, else the dtype.
        public var encoding: String
        /// The arrays that hold it in a compressed file.
        public var arrays: [HeldArray]
        /// Bytes stored for it.
        public var byteCount: Int
        /// Its values.
        public var statistics: TensorStatistics
        /// Entropy of order 0, in bits per code, of what stands in the file for the values: codes of a quantized
        /// tensor, values of a sparse one, narrower floats; `nil` if the values themselves do.
        public var codeEntropy: Double?
        /// What ``codeEntropy`` is.
        public var codeEntropyBasis: ElementEntropy.Basis
        /// The entropy of order 0 of all arrays that are held for it and for no earlier tensor, in bits per element
        /// of the tensor: what a coder of single elements cannot go below. One that sees rows, columns or order can.
        public var bound: Double
        /// What ``bound`` is: of order 0 if all its arrays' entropies are.
        public var boundBasis: ElementEntropy.Basis
        /// The passes that can apply to it.
        public var passes: [String]

        /// What is stored, in bits per element of the tensor; `nil` if it has none.
        public var bitsPerWeight: Double? {
            let count = entry.shape.elementCount
            return count > 0 ? 8 * Double(byteCount) / Double(count) : nil
        }
        /// How much ``bitsPerWeight`` is above ``bound``.
        public var distance: Double? { bitsPerWeight.map { $0 - bound } }
        /// The coders of its arrays, each once.
        public var coders: [String] {
            var names: [String] = []
            for name in arrays.compactMap(\.coder) where !names.contains(name) { names.append(name) }
            return names
        }

        /// Bits, shared out among the elements of the tensor.
        public func perWeight(_ bits: Double) -> Double { bits / Double(max(1, entry.shape.elementCount)) }
    }

    /// An array that holds a tensor or a part of it.
    public struct HeldArray: Sendable {
        /// What it is of the tensor: `codes`, `scales`; empty if it is the whole tensor.
        public var part: String
        /// What its elements are: a dtype, or `int4` for packed codes.
        public var kind: String
        /// Its shape.
        public var shape: Shape
        /// The bytes of its elements before coding or packing.
        public var rawByteCount: Int
        /// Bytes stored for it; 0 if an earlier tensor has it.
        public var byteCount: Int
        /// The coder it is coded with; `nil` if it is not.
        public var coder: String?
        /// Whether an earlier tensor has it.
        public var isShared: Bool
        /// Entropy in bits per element of the array; see ``ElementEntropy``.
        public var entropy: Double
        /// What ``entropy`` is.
        public var basis: ElementEntropy.Basis
        /// The bits that ``entropy`` makes of all its elements; 0 if an earlier tensor has it.
        public var bound: Double
        fileprivate var isNumbers: Bool
    }

    /// The path as the user gave it.
    public var path: String
    /// The file's format.
    public var format: String
    /// Bytes on disk.
    public var fileByteCount: Int
    /// Text the file carries beside its tensors.
    public var metadata: [(key: String, value: String)]
    /// The tensors in the order of the file.
    public var items: [Item]

    /// Reads every tensor of `file` once.
    ///
    /// - Throws: ``BantamError`` with file and tensor, if one cannot be read.
    public init(_ file: any TensorFile, workers: Workers = Workers()) throws {
        path = file.path
        format = file.format
        fileByteCount = file.fileByteCount
        metadata = file.metadata
        items = try workers.map(file.entries.count) { try Item(file, $0) }
    }

    /// Elements of all tensors.
    public var elementCount: Int { items.reduce(0) { $0 + $1.entry.shape.elementCount } }

    /// The order-0 bound of all tensors, in bits per element.
    public var bound: Double {
        let bits = items.reduce(0) { $0 + $1.bound * Double($1.entry.shape.elementCount) }
        return elementCount > 0 ? bits / Double(elementCount) : 0
    }
    /// What ``bound`` is: of order 0 if that of every tensor is.
    public var boundBasis: ElementEntropy.Basis {
        items.allSatisfy { $0.boundBasis == .order0 } ? .order0 : .bytePlanes
    }
    /// The bits of the whole file, its header too, per element.
    public var bitsPerWeight: Double? {
        elementCount > 0 ? 8 * Double(fileByteCount) / Double(elementCount) : nil
    }

    fileprivate static func passes(for entry: TensorEntry) -> [String] {
        guard entry.dtype.isRealFloat, entry.shape.elementCount > 0 else { return [] }
        return ["quantize", "prune", "sparse"] + (entry.shape.rank >= 2 ? ["low-rank"] : [])
    }
}

extension Inspection.Item {
    init(_ file: any TensorFile, _ index: Int) throws {
        entry = file.entries[index]
        let archive = file as? any StoredTensorFile
        let stored = archive?.storage(at: index)
        let tensor = try file.tensor(at: index)
        encoding = stored?.encoding ?? entry.dtype.rawValue
        byteCount = stored?.byteCount ?? entry.byteCount
        statistics = TensorStatistics(tensor)
        passes = Inspection.passes(for: entry)
        codeEntropyBasis = .order0
        (bound, boundBasis, arrays) = (statistics.entropy, statistics.entropyBasis, [])
        if let compressed = file as? CompressedFile {
            for held in compressed.arrays(at: index) {
                // What is held as it is was just read.
                let isWhole = held.part.isEmpty && held.dtype == entry.dtype
                let elements = isWhole ? nil : try compressed.elements(of: held, at: index)
                arrays.append(Inspection.HeldArray(held, elements, statistics))
            }
            let dtype = entry.dtype.rawValue
            let numbers = arrays.first { $0.isNumbers && !($0.part.isEmpty && $0.kind == dtype) }
            codeEntropy = numbers?.entropy
            codeEntropyBasis = numbers?.basis ?? .order0
            bound = arrays.reduce(0) { $0 + $1.bound } / Double(max(1, entry.shape.elementCount))
            boundBasis = arrays.allSatisfy { $0.bound == 0 || $0.basis == .order0 } ? .order0 : .bytePlanes
        }
    }
}

extension Inspection.HeldArray {
    /// - Parameter elements: what is in it; `nil` if that is the tensor with these statistics.
    fileprivate init(
        _ held: CompressedFile.HeldArray, _ elements: Tensor?, _ statistics: TensorStatistics
    ) {
        let theory = elements.map(ElementEntropy.init)
        part = held.part
        kind = held.kind
        shape = held.shape
        rawByteCount = Tensor.byteCount(held.dtype, held.shape) ?? 0
        byteCount = held.isShared ? 0 : held.byteCount
        coder = held.coder
        isShared = held.isShared
        isNumbers = held.isNumbers
        entropy = theory?.value ?? statistics.entropy
        basis = theory?.basis ?? statistics.entropyBasis
        bound = held.isShared ? 0 : entropy * Double(held.shape.elementCount)
    }
}

extension Inspection {
    /// The inspection as JSON, keys in a fixed order.
    public var json: JSON {
        JSON.object([
            .init("bantam", .string("1")), .init("file", .string(path)), .init("format", .string(format)),
            .init("bytes", .integer(fileByteCount)),
            .init("elements", .integer(elementCount)),
            .init("bound_bits_per_weight", .number(bound)),
            .init("bound_basis", .string(boundBasis.rawValue)),
            .init("bits_per_weight", bitsPerWeight.map(JSON.number) ?? .null),
            .init("metadata", .object(metadata.map { .init($0.key, .string($0.value)) })),
            .init("tensors", .array(items.map(Inspection.json))),
        ])
    }

    private static func json(_ item: Item) -> JSON {
        let statistics = item.statistics
        let number = { (value: Double?) in value.map(JSON.number) ?? .null }
        return .object([
            .init("name", .string(item.entry.name)), .init("dtype", .string(item.entry.dtype.rawValue)),
            .init("shape", .array(item.entry.shape.axes.map(JSON.integer))),
            .init("encoding", .string(item.encoding)),
            .init("coders", .array(item.coders.map(JSON.string))),
            .init("original_bytes", .integer(item.entry.byteCount)), .init("bytes", .integer(item.byteCount)),
            .init("min", number(statistics.range?.lowerBound)),
            .init("max", number(statistics.range?.upperBound)),
            .init("mean", number(statistics.mean)),
            .init("standard_deviation", number(statistics.standardDeviation)),
            .init("sparsity", number(statistics.sparsity)),
            .init("non_finite", .integer(statistics.nonFiniteCount)),
            .init("entropy_bits", number(statistics.entropy)),
            .init("entropy_basis", .string(statistics.entropyBasis.rawValue)),
            .init("order0_entropy_bits", number(statistics.orderZeroEntropy)),
            .init("exponent_entropy_bits", number(statistics.exponentEntropy)),
            .init("code_entropy_bits", number(item.codeEntropy)),
            .init("bound_bits_per_weight", number(item.bound)),
            .init("bound_basis", .string(item.boundBasis.rawValue)),
            .init("bits_per_weight", number(item.bitsPerWeight)),
            .init("distance_bits_per_weight", number(item.distance)),
            .init("passes", .array(item.passes.map(JSON.string))),
            .init("arrays", .array(item.arrays.map(json))),
        ])
    }

    private static func json(_ array: HeldArray) -> JSON {
        .object([
            .init("part", .string(array.part)), .init("type", .string(array.kind)),
            .init("shape", .array(array.shape.axes.map(JSON.integer))),
            .init("raw_bytes", .integer(array.rawByteCount)), .init("bytes", .integer(array.byteCount)),
            .init("coder", array.coder.map(JSON.string) ?? .null), .init("shared", .bool(array.isShared)),
            .init("entropy_bits", .number(array.entropy)),
            .init("entropy_basis", .string(array.basis.rawValue)),
        ])
    }
}
