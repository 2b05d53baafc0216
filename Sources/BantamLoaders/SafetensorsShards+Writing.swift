import BantamTensors

extension SafetensorsShards {
    /// Writes everything `source` has to a folder of shards with an index.
    ///
    /// The tensors fill the shards in their order; a shard ends before the tensor that would make it larger than
    /// `options.maximumShardByteCount`. Each carries the text of the source. The folder appears under its name
    /// when everything is written; see ``OutputFolder``.
    ///
    /// - Throws: ``BantamError``: what laying out a file, ``OutputFolder`` and the source throw. Then no output is
    ///   left.
    public static func write(
        _ source: TensorSource, to path: String, options: TensorWriteOptions = TensorWriteOptions()
    ) throws {
        guard options.maximumShardByteCount > 0 else {
            throw BantamError(
                .invalidArgument, "expected shards of at least 1 byte, found \(options.maximumShardByteCount)"
            )
        }
        let folder = try OutputFolder(path, overwriting: options.overwriting, replaceable: isOurs)
        // Laying all tensors out at once finds what no file may have, a name in two shards included.
        let whole = try locating(file: path) {
            try SafetensorsHeader(layingOut: source.entries, order: .given)
        }

        let shards = split(source.entries, maximumByteCount: options.maximumShardByteCount)
        var jobs: [(plan: SafetensorsWriter.Plan, item: Int, file: OutputFile)] = []
        var weightMap: [(tensor: String, shard: String)] = []
        for (number, shard) in shards.enumerated() {
            let name = SafetensorsIndex.shardName(number, of: shards.count)
            let plan = try locating(file: path) {
                try SafetensorsWriter.Plan(source, Array(shard), metadata: source.metadata, order: .reference)
            }
            let file = try folder.file(name)
            try plan.prologue.withUnsafeBytes { try file.write($0, at: 0) }
            jobs += plan.indices.indices.map { (plan, $0, file) }
            weightMap += shard.map { (source.entries[$0].name, name) }
        }
        let index = SafetensorsIndex.encoded(weightMap: weightMap, totalByteCount: whole.dataByteCount)
        let indexFile = try folder.file(SafetensorsIndex.usualName)
        try index.withUnsafeBytes { try indexFile.write($0, at: 0) }

        let work = PieceWork(try jobs.map { try source.checkedPieces(at: $0.plan.indices[$0.item]) })
        try work.run(options.workers) { [jobs] in
            let job = jobs[$0]
            try job.plan.writeTensor(job.item, of: source, to: job.file.write(_:at:))
        } piece: { [jobs] item, offset, bytes in
            let job = jobs[item]
            try job.file.write(bytes, at: job.plan.offset(of: job.item) + offset)
        }
        try folder.commit()
    }

    /// Files that may go when a folder is replaced: those that such a folder consists of.
    private static func isOurs(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") || name.hasSuffix(SafetensorsIndex.suffix)
    }

    /// Runs of entries of at most `maximumByteCount` bytes together, but at least one entry each.
    private static func split(_ entries: [TensorEntry], maximumByteCount: Int) -> [Range<Int>] {
        var shards: [Range<Int>] = []
        var start = 0
        var byteCount = 0
        for (index, entry) in entries.enumerated() {
            if index > start, entry.byteCount > maximumByteCount - byteCount {
                shards.append(start..<index)
                start = index
                byteCount = 0
            }
            byteCount += entry.byteCount
        }
        return shards + [start..<entries.count]
    }
}
