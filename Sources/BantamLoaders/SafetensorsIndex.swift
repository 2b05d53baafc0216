import BantamTensors

/// The index of a sharded model: which tensor stands in which file of the folder.
struct SafetensorsIndex {
    /// The usual name of an index, beside its shards.
    static let usualName = "model.safetensors.index.json"
    /// How the names of indices end.
    static let suffix = ".safetensors.index.json"

    /// For each tensor its shard, in the order of the index.
    var weightMap: [(tensor: String, shard: String)]
    /// The bytes of all tensors, if the index says so. Some writers put it down as floating point.
    var totalByteCount: Double?

    /// The index in `bytes`.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, or `compatibility` for names that Swift takes for equal.
    init(parsing bytes: UnsafeRawBufferPointer) throws {
        let json = try JSON(parsing: bytes)
        guard let map = json["weight_map"]?.objectValue else {
            throw BantamError(
                .corruption, "expected an index with an object 'weight_map', found \(json.kind) without")
        }
        var names: Set<String> = []
        weightMap = try map.map { member in
            guard let shard = member.value.stringValue else {
                throw BantamError(
                    .corruption, tensor: member.key,
                    "expected the name of a shard, found \(member.value.kind)")
            }
            guard Self.isPlainName(shard) else {
                throw BantamError(
                    .corruption, tensor: member.key,
                    "expected the name of a .safetensors file in the same folder, found '\(shard)'")
            }
            guard names.insert(member.key).inserted else {
                throw BantamError(
                    .compatibility, tensor: member.key,
                    "another tensor's name differs only in how Unicode spells the same letters")
            }
            return (member.key, shard)
        }
        totalByteCount = try json["metadata"].flatMap { try Self.total($0) }
    }

    /// An index as JSON, as the Hugging Face libraries read it.
    static func encoded(weightMap: [(tensor: String, shard: String)], totalByteCount: Int) -> [UInt8] {
        JSON.object([
            .init("metadata", .object([.init("total_size", .integer(totalByteCount))])),
            .init("weight_map", .object(weightMap.map { .init($0.tensor, .string($0.shard)) })),
        ]).encoded()
    }

    /// The name of a shard as the Hugging Face libraries count them.
    static func shardName(_ shard: Int, of count: Int) -> String {
        func padded(_ number: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        }
        return "model-\(padded(shard + 1))-of-\(padded(count)).safetensors"
    }

    /// A name that leads nowhere but into the folder itself.
    private static func isPlainName(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.hasPrefix(".")
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }

    private static func total(_ metadata: JSON) throws -> Double? {
        guard let total = metadata["total_size"] else { return nil }
        guard let value = total.doubleValue else {
            throw BantamError(.corruption, "expected total_size to be a number, found \(total.kind)")
        }
        return value
    }
}
