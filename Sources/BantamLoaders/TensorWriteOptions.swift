import BantamTensors

/// How tensors are written, whatever the format.
public struct TensorWriteOptions: Sendable {
    /// Whether an existing output is replaced; else it is refused.
    public var overwriting: Bool
    /// How many tensors may be made at the same time. The bytes do not depend on it.
    public var workers: Workers
    /// The most bytes of tensors that a file of a folder of shards holds, unless one tensor alone has more.
    public var maximumShardByteCount: Int

    /// Five billion bytes a shard, as the Hugging Face libraries cut them.
    public static let usualShardByteCount = 5_000_000_000

    /// Options, with the usual choices where nothing is said.
    public init(
        overwriting: Bool = false, workers: Workers = .one,
        maximumShardByteCount: Int = TensorWriteOptions.usualShardByteCount
    ) {
        self.overwriting = overwriting
        self.workers = workers
        self.maximumShardByteCount = maximumShardByteCount
    }
}
