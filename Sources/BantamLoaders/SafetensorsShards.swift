import BantamTensors

/// A model in several safetensors files with an index of them, as the Hugging Face libraries write large ones.
public struct SafetensorsShards: TensorFile {
    /// The path as the user gave it: the folder, or the index in it.
    public let path: String
    /// Bytes of the index and all shards.
    public let fileByteCount: Int
    /// The tensors in the order of the index.
    public let entries: [TensorEntry]
    /// The text of all shards; of several under one key that of the first shard.
    public let metadata: [(key: String, value: String)]
    /// The files, in the order in which the index first names them.
    public let shards: [SafetensorsFile]
    private let places: [(shard: Int, index: Int)]

    /// `safetensors shards`
    public var format: String { "safetensors shards" }

    /// Opens what is at `path`: an index, a folder with an index, or a folder with a single safetensors file.
    ///
    /// - Throws: ``BantamError``; see ``init(index:path:)``. `missingInput` for a folder with neither.
    public static func open(_ path: String) throws -> any TensorFile {
        guard OutputPath.isFolder(path) else { return try SafetensorsShards(index: path, path: path) }
        guard let names = FolderListing.names(in: path) else {
            throw BantamError(.io, file: path, "cannot be listed: \(systemMessage())")
        }
        let folder = OutputPath.withoutTrailingSlashes(path) + "/"
        let indices = names.filter { $0.hasSuffix(SafetensorsIndex.suffix) }
        if indices.contains(SafetensorsIndex.usualName) {
            return try SafetensorsShards(index: folder + SafetensorsIndex.usualName, path: path)
        }
        if indices.count == 1 { return try SafetensorsShards(index: folder + indices[0], path: path) }
        let files = names.filter { $0.hasSuffix(".safetensors") }
        guard indices.isEmpty, files.count == 1 else {
            throw BantamError(
                .missingInput, file: path,
                "expected \(SafetensorsIndex.usualName) or one safetensors file, found \(indices.count) indices and "
                    + "\(files.count) safetensors files")
        }
        return try SafetensorsFile(folder + files[0])
    }

    /// Opens the shards of the index at `index`, and checks that index and shards say the same.
    ///
    /// - Throws: ``BantamError``: `missingInput` if the index or a shard is not there; `corruption` if a tensor
    ///   is not in the shard that the index names, if a shard has a tensor that the index does not place there,
    ///   if the sizes do not add up to the index's `total_size`; and what opening each shard throws.
    public init(index: String, path: String) throws {
        self.path = path
        let file = try MappedFile(index)
        let contents = try locating(file: index) {
            try withExtendedLifetime(file) { try SafetensorsIndex(parsing: file.bytes) }
        }

        var numbers: [ExactString: Int] = [:]
        var shards: [SafetensorsFile] = []
        let folder = OutputPath.folder(of: index)
        let owners = try contents.weightMap.map { tensor, shard in
            if let number = numbers[ExactString(shard)] { return number }
            numbers[ExactString(shard)] = shards.count
            shards.append(try SafetensorsFile(folder + "/" + shard))
            return shards.count - 1
        }

        var found: [String: (shard: Int, index: Int)] = [:]
        for (number, shard) in shards.enumerated() {
            for (index, entry) in shard.entries.enumerated() {
                guard found.updateValue((number, index), forKey: entry.name) == nil else {
                    throw BantamError(
                        .corruption, file: shard.path, tensor: entry.name, "also stands in another shard")
                }
            }
        }
        places = try zip(contents.weightMap, owners).map { named, owner in
            guard let place = found.removeValue(forKey: named.tensor), place.shard == owner else {
                throw BantamError(
                    .corruption, file: index, tensor: named.tensor,
                    "expected in the shard \(named.shard), not found there")
            }
            return place
        }
        if let (name, place) = found.min(by: { ExactString($0.key) < ExactString($1.key) }) {
            throw BantamError(
                .corruption, file: shards[place.shard].path, tensor: name,
                "stands in the shard but not in the index")
        }
        let entries = places.map { shards[$0.shard].entries[$0.index] }
        if let total = contents.totalByteCount {
            try locating(file: index) { try Self.check(total: total, of: entries) }
        }
        fileByteCount = shards.reduce(file.bytes.count) { $0 + $1.fileByteCount }
        var keys: Set<ExactString> = []
        metadata = shards.flatMap(\.metadata).filter { keys.insert(ExactString($0.key)).inserted }
        self.entries = entries
        self.shards = shards
    }

    /// The tensor of an entry, in place in its mapped shard.
    public func tensor(at index: Int) throws -> Tensor {
        try shards[places[index].shard].tensor(at: places[index].index)
    }

    /// The Hugging Face libraries have long counted a bool as one bit (`dtype_byte_size`); that sum is right too.
    private static func check(total: Double, of entries: [TensorEntry]) throws {
        // The shards are mapped, so what they hold fits the address space and the sum an Int.
        let byteCount = entries.reduce(0) { $0 + $1.byteCount }
        let boolCount = entries.reduce(0) { $0 + ($1.dtype == .bool ? $1.byteCount : 0) }
        guard total == Double(byteCount) || total == Double(byteCount) - Double(boolCount) * 7 / 8 else {
            throw BantamError(.corruption, "expected a total_size of \(byteCount) bytes, found \(total)")
        }
    }
}
