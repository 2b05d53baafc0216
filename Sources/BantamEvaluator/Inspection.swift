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
        /// Bytes stored for it.
        public var byteCount: Int
        /// Its values.
        public var statistics: TensorStatistics
        /// Entropy of order 0, in bits per code, of what stands in the file for the values: codes of a quantized
        /// tensor, values of a sparse one, narrower floats; `nil` if the values themselves do.
        public var codeEntropy: Double?
        /// The entropy of order 0 of all arrays that are held for it, in bits per element of the tensor: what a
        /// coder of single elements cannot go below. One that sees rows, columns or order can.
        public var bound: Double
        /// The passes that can apply to it.
        public var passes: [String]

        /// What is stored, in bits per element of the tensor; `nil` if it has none.
        public var bitsPerWeight: Double? {
            let count = entry.shape.elementCount
            return count > 0 ? 8 * Double(byteCount) / Double(count) : nil
        }
        /// How much ``bitsPerWeight`` is above ``bound``.
        public var distance: Double? { bitsPerWeight.map { $0 - bound } }
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
        // What is held as it is was just read.
        let isHeldAsIs = ["dense", "dense>coded"].contains(encoding)
        if !isHeldAsIs, let held = try archive?.encoding(at: index), !held.isDense(as: entry.dtype) {
            let elementCount = Double(max(1, entry.shape.elementCount))
            codeEntropy = held.numbers.map { ElementEntropy($0).value }
            bound = held.arrays.reduce(0) {
                $0 + ElementEntropy($1).value * Double($1.elementCount) / elementCount
            }
        } else {
            bound = statistics.entropy
        }
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
            .init("original_bytes", .integer(item.entry.byteCount)), .init("bytes", .integer(item.byteCount)),
            .init("min", number(statistics.range?.lowerBound)),
            .init("max", number(statistics.range?.upperBound)),
            .init("mean", number(statistics.mean)),
            .init("standard_deviation", number(statistics.standardDeviation)),
            .init("sparsity", number(statistics.sparsity)),
            .init("non_finite", .integer(statistics.nonFiniteCount)),
            .init("entropy_bits", number(statistics.entropy)),
            .init("exponent_entropy_bits", number(statistics.exponentEntropy)),
            .init("code_entropy_bits", number(item.codeEntropy)),
            .init("bound_bits_per_weight", number(item.bound)),
            .init("bits_per_weight", number(item.bitsPerWeight)),
            .init("distance_bits_per_weight", number(item.distance)),
            .init("passes", .array(item.passes.map(JSON.string))),
        ])
    }
}

extension Encoding {
    fileprivate func isDense(as dtype: DType) -> Bool {
        if case .dense(let tensor) = self { tensor.dtype == dtype } else { false }
    }
}
