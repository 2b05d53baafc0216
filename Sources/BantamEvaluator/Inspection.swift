import BantamArchive
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
        /// The passes that can apply to it.
        public var passes: [String]
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
        items = try workers.map(file.entries.count) { index in
            let entry = file.entries[index]
            let stored = (file as? any StoredTensorFile)?.storage(at: index)
            return Item(
                entry: entry, encoding: stored?.encoding ?? entry.dtype.rawValue,
                byteCount: stored?.byteCount ?? entry.byteCount,
                statistics: TensorStatistics(try file.tensor(at: index)),
                passes: Inspection.passes(for: entry))
        }
    }

    /// Elements of all tensors.
    public var elementCount: Int { items.reduce(0) { $0 + $1.entry.shape.elementCount } }

    private static func passes(for entry: TensorEntry) -> [String] {
        guard entry.dtype.isRealFloat, entry.shape.elementCount > 0 else { return [] }
        return ["quantize", "prune", "sparse"] + (entry.shape.rank >= 2 ? ["low-rank"] : [])
    }
}

extension Inspection {
    /// The inspection as JSON, keys in a fixed order.
    public var json: JSON {
        JSON.object([
            .init("bantam", .string("1")), .init("file", .string(path)), .init("format", .string(format)),
            .init("bytes", .integer(fileByteCount)),
            .init("elements", .integer(elementCount)),
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
            .init("passes", .array(item.passes.map(JSON.string))),
        ])
    }
}
