// Why: which coder suits a model on this machine is a matter of its weights and of this machine, so both are asked.

import BantamCoding
import BantamLoaders
import BantamTensors

/// Times lossless coders on the tensors of a file, in memory.
///
/// ```swift
/// let rows = try CoderBenchmark().run(ModelFile.open("model.safetensors"))
/// ```
///
/// Tensors of one dtype go together, each in a container of its own as in an archive. Times are the shortest of
/// repetitions, because whatever disturbs them only adds to them. Every decoded array is compared with the
/// original.
public struct CoderBenchmark: Sendable {
    /// The coders, in the order of the rows.
    public var coders: [any Coder]
    /// Numbers of threads, each with rows of its own.
    public var threadCounts: [Int]
    /// How long each figure is repeated for, in seconds; at least one run is made.
    public var minimumTime: Double
    /// The most bytes of a dtype that are coded, evenly spread pieces of more. What is timed is less where a
    /// slow coder would take more than some eight times ``minimumTime`` for it.
    public var byteLimit: Int

    /// What a coder did to the tensors of a dtype.
    public struct Row: Sendable {
        /// The coder, as users write it.
        public var coder: String
        /// The dtype of the tensors.
        public var dtype: DType
        /// The threads that worked.
        public var threads: Int
        /// Stored over original bytes, containers included.
        public var ratio: Double
        /// The order-0 entropy of what was coded over its original bits, or a bound of it as ``boundBasis`` says;
        /// see ``ElementEntropy``.
        public var bound: Double
        /// What ``bound`` is.
        public var boundBasis: ElementEntropy.Basis
        /// Original bytes coded in a second, in units of 10⁹, checksums included, block after block in memory
        /// that is used again.
        public var encodeSpeed: Double
        /// Original bytes decoded in a second into memory that is there, in units of 10⁹.
        public var decodeSpeed: Double
        /// The same with the checksums compared, as readers of files do.
        public var checkedDecodeSpeed: Double
        /// The same, unchecked, into memory that the system must provide first.
        public var freshDecodeSpeed: Double
        /// Original bytes that the ratio and the bound are of.
        public var byteCount: Int
        /// Original bytes that were timed.
        public var timedByteCount: Int
        /// Original bytes of all tensors of the dtype.
        public var totalByteCount: Int

        /// How far ``ratio`` is above ``bound``, as a fraction of it.
        public var distance: Double { bound > 0 ? ratio / bound - 1 : 0 }
    }

    /// A benchmark of all coders there are, with one thread and with one per processor.
    public init(coders: [any Coder] = Coders.defaults, threadCounts: [Int] = [1, Workers.processors]) {
        self.coders = coders
        self.threadCounts = threadCounts
        minimumTime = 0.25
        byteLimit = 256 << 20
    }

    /// Runs every coder on every dtype of the file.
    ///
    /// - Complexity: memory for ``byteLimit`` bytes three times over.
    /// - Throws: ``BantamError`` if the file cannot be read; of kind `internal` if a coder does not give back
    ///   what it was given.
    public func run(_ file: any TensorFile) throws -> [Row] {
        try DType.allCases.flatMap { dtype -> [Row] in
            let sample = BenchmarkSample(file, dtype)
            let total = sample.byteCount
            guard total > 0 else { return [] }
            let tensors = try sample.tensors(
                upTo: byteLimit, pieceByteCount: CodedArray.defaultBlockByteCount)
            var entropy = ElementEntropy(dtype)
            for tensor in tensors { entropy.add(tensor) }
            return try coders.flatMap { coder in
                let whole = try CodingTrial(tensors, coder: coder, workers: mostWorkers)
                let limit = try affordableByteCount(coder, tensors)
                let timed =
                    limit < whole.byteCount
                    ? try CodingTrial(
                        sample.tensors(upTo: limit, pieceByteCount: coder.blockByteCount), coder: coder,
                        workers: mostWorkers) : whole
                return try threadCounts.map { threads in
                    let times = try times(of: timed, Workers(threads))
                    let billions = Double(timed.byteCount) / 1e9
                    return Row(
                        coder: coder.name, dtype: dtype, threads: threads,
                        ratio: Double(whole.storedByteCount) / Double(whole.byteCount),
                        bound: entropy.value / Double(dtype.bitWidth), boundBasis: entropy.basis,
                        encodeSpeed: billions / times.encode,
                        decodeSpeed: billions / times.decode,
                        checkedDecodeSpeed: billions / times.checkedDecode,
                        freshDecodeSpeed: billions / times.freshDecode, byteCount: whole.byteCount,
                        timedByteCount: timed.byteCount, totalByteCount: total)
                }
            }
        }
    }

    private var mostWorkers: Workers { Workers(threadCounts.max() ?? 1) }

    /// The bytes that the coder can code in a time that still makes a benchmark, and enough for all threads.
    private func affordableByteCount(_ coder: any Coder, _ tensors: [Tensor]) throws -> Int {
        guard let largest = tensors.max(by: { $0.byteCount < $1.byteCount }) else { return 0 }
        let probe = largest.beginning(64 << 10)
        // The first run is slow for reasons of its own.
        let seconds = try (0..<3).reduce(Double.infinity) { best, _ in
            let time = try ContinuousClock().measure {
                _ = try CodingTrial([probe], coder: coder, workers: .one)
            }
            return min(best, time / .seconds(1))
        }
        let affordable = Double(probe.byteCount) / max(seconds, 1e-9) * minimumTime * 8
        let enough = coder.blockByteCount * mostWorkers.count
        return max(enough, affordable < 1e15 ? Int(affordable) : Int.max)
    }
}
