import BantamCoding
import BantamEvaluator
import BantamInference
import BantamLoaders
import BantamRecipes
import BantamTensors

/// Looks for the smallest file that loses no more than a bound, on one half of the data, and reports on the other half.
///
/// ```swift
/// let search = try LossSearch(of: source, network: network, data: data, bound: LossBound("accuracy=0.5%"))
/// let result = try search.run(triedBeside: "small.safetensors")
/// if result.isKept { … Compression(Plan(result.recipe, for: source), …) }
/// ```
///
/// What is searched: every tensor of floats that the network reads is rounded to multiples of a step of its own
/// (``RoundToStep``), so that one strength decides over all of them: in small models each has the step and the dead zone that
/// measurements of it alone say are worth most (``StepCurves``), in others steps are in fixed proportions (``StepAllocation``).
/// The strength goes up a geometric grid, 16 to the octave. With few samples the counted loss goes up and down by chance along that grid, and its best points are
/// those that were lucky. So each point is judged together with its neighbours, seven in all, by what they say of other
/// samples (``LossEstimate``): nine times in ten these must not lose more than allowed. The largest strength that passes is
/// taken, for each way to share out the steps, and of these the smallest file.
///
/// The result does not depend on the number of threads. It does depend on the outputs of the network, whose last bits differ
/// between kinds of processors; the recipe it ends in does not, so that gives the same file anywhere.
public struct LossSearch: Sendable {
    /// What may be lost.
    public let bound: LossBound
    /// The halves of the data.
    public let split: SampleSplit
    /// Called after each compression that was tried, from any thread.
    public var progress: @Sendable () -> Void = {}

    let source: any TensorFile
    let searchBench: LossBench
    let reportBench: LossBench
    let optimize: Optimization
    let workers: Workers

    /// Opens the data and runs the original on both halves.
    ///
    /// - Parameters:
    ///   - source: the weights.
    ///   - network: how to run them.
    ///   - data: a file with `inputs` `[N, …]` and `labels` `[N]`.
    ///   - bound: what may be lost.
    ///   - seed: decides which samples are in which half.
    ///   - optimize: what coding `auto` chooses for.
    /// - Throws: ``BantamError``: `insufficientData` for fewer than 20 samples, `invalidArgument` for a network that is no
    ///   classification, and what reading the files and binding the network throw.
    public init(
        of source: any TensorFile, network: Network, data: any TensorFile, bound: LossBound,
        seed: UInt64 = 0, optimize: Optimization = .size, workers: Workers = Workers()
    ) throws {
        self.bound = bound
        self.source = source
        self.optimize = optimize
        self.workers = workers
        let path = data.path
        let data = try TestData(
            data, classes: LossBench.classes(of: network, source: source, workers: workers))
        guard data.labels.count >= LossSearch.fewestSamples else {
            throw BantamError(
                .insufficientData, file: path,
                "expected at least \(LossSearch.fewestSamples) samples, half of them to search with and half to report on, "
                    + "found \(data.labels.count)")
        }
        split = SampleSplit(labels: data.labels, seed: seed)
        let bench = { (samples: [Int]) in
            try LossBench(
                network, source: source, data: data, samples: samples, metric: bound.metric,
                workers: workers)
        }
        searchBench = try bench(split.search)
        reportBench = try bench(split.report)
    }

    private static let fewestSamples = 20

    /// Searches, and then looks at the other half once.
    ///
    /// - Parameter path: trials are written into unnamed files in the folder of this path.
    /// - Complexity: about 50 to 200 compressions without a coder and runs of the network on half of the data, and a few
    ///   compressions with one. In models up to 4 MiB first about 100 codings of every tensor and as many runs.
    /// - Throws: ``BantamError`` of reading, compressing and running.
    public func run(triedBeside path: String) throws -> LossSearchResult {
        let trials = StepTrials(self, path: path)
        let scales = try source.entries.indices.map { index in
            searchBench.networkBench.used.contains(index) ? try TensorScale(source.tensor(at: index)) : nil
        }
        let paths = try trials.ways(scales).map { try trials.climb($0) }
        // What is lossless keeps any promise.
        let lossless = try trials.measured(
            StepRecipe(
                tensors: [], coding: "auto", optimize: optimize.rawValue,
                comment: "Nothing but lossless coding: no steps make a smaller file for a loss of \(bound)."))
        let best = paths.filter { $0.byteCount != nil }.min { $0.byteCount! < $1.byteCount! }
        let chosen: (recipe: StepRecipe, byteCount: Int)
        if let best, let recipe = best.recipe, let byteCount = best.byteCount, byteCount < lossless.byteCount
        {
            chosen = (recipe, byteCount)
        } else {
            chosen = lossless
        }
        return try trials.report(chosen, paths: paths, lossless: chosen.byteCount == lossless.byteCount)
    }
}
