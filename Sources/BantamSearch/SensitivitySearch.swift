import BantamCoding
import BantamInference
import BantamLoaders
import BantamRecipes
import BantamTensors

/// Measures how much a squared error in each tensor costs at a network's outputs, and weights a budget by it.
///
/// ```swift
/// let search = try SensitivitySearch(of: source, recipe: recipe, network: network, data: data)
/// let result = try search.run(triedBeside: "small.safetensors")
/// … Compression(Plan(result.recipe, for: source), …)
/// ```
///
/// With equal slope of rate against the error of the outputs everywhere, no bit would buy more elsewhere (Y. Shoham and
/// A. Gersho, "Efficient bit allocation for an arbitrary set of quantizers", 1988). A tensor's weight is what its squared
/// error adds to that of the outputs, over the squared error itself. At few bits errors are no small noise: what is
/// rounded to zero shrinks what it feeds, and white noise tells little of that. So the model is compressed as the budget
/// wants it, each tensor that came back put alone into the original network, and the weights moved half way (on a
/// logarithmic scale) to what that says; then again with these weights. Of all files tried, that of equal weights among
/// them, the one with the least error of the outputs decides.
///
/// The result does not depend on the number of threads. It does depend on the outputs of the network, whose last bits differ
/// between kinds of processors; the recipe it ends in does not, so that gives the same file anywhere.
public struct SensitivitySearch: Sendable {
    /// How many of the samples are run.
    public let sampleCount: Int
    /// How many samples there are.
    public let dataCount: Int
    /// Files that are compressed, at most; more than the usual seven gain little.
    public var trialCount = 7
    /// Called after each file that was tried, from any thread.
    public var progress: @Sendable () -> Void = {}

    private let source: any TensorFile
    private let recipe: Recipe
    private let bench: NetworkBench
    private let tensors: [BudgetTensor]
    private let workers: Workers

    private static let mostSamples = 256

    /// Opens the data and runs the original.
    ///
    /// - Parameters:
    ///   - source: the weights.
    ///   - recipe: a recipe with a budget of bits per weight or size; weights of its rules count beside what is measured.
    ///   - network: how to run the weights, for any task.
    ///   - data: a file with `inputs` `[N, …]`, of which 256 evenly spread over the file are run. Labels are not needed.
    /// - Throws: ``BantamError``: `invalidArgument` for a recipe without such a budget, `insufficientData` without samples,
    ///   `corruption` for a network that uses no tensor of the budget or gives outputs that are not finite, and what reading
    ///   the files and binding the network throw.
    public init(
        of source: any TensorFile, recipe: Recipe, network: Network, data: any TensorFile,
        workers: Workers = Workers()
    ) throws {
        switch recipe.budget?.goal {
        case .bitsPerWeight, .size: break
        case .sqnr:
            throw BantamError(
                .invalidArgument, file: recipe.file,
                "expected a budget of bits per weight or size to measure weights for, found one of dB, which counts every "
                    + "error alike")
        case .step, nil:
            throw BantamError(
                .invalidArgument, file: recipe.file,
                "expected a budget of bits per weight or size to measure weights for, found none")
        }
        self.source = source
        self.recipe = recipe
        self.workers = workers
        let inputs = try TestData.inputs(of: data)
        dataCount = inputs.shape.axes[0]
        sampleCount = min(dataCount, SensitivitySearch.mostSamples)
        guard dataCount > 0 else {
            throw BantamError(
                .insufficientData, file: data.path, tensor: "inputs", "expected samples, found none")
        }
        let (count, wanted) = (dataCount, sampleCount)
        let chosen = (0..<wanted).map { $0 * count / wanted }
        bench = try NetworkBench(network, source: source, inputs: inputs.slices(chosen), workers: workers)
        guard try bench.outputs.allFinite else {
            throw BantamError(
                .corruption, file: network.file,
                "expected finite outputs to measure errors of, found NaN or infinity")
        }
        tensors = try BudgetTensor.all(of: Plan(recipe, for: source), source, used: bench.used)
        guard tensors.contains(where: \.isUsed) else {
            throw BantamError(
                .corruption, file: network.file,
                "expected a network that uses tensors on whose step the budget decides, found none of them used"
            )
        }
    }

    /// Measures, and weights the recipe.
    ///
    /// - Parameter path: trials are written into unnamed files in the folder of this path.
    /// - Complexity: a search of the budget for each trial, after it a run of the network for each tensor.
    /// - Throws: ``BantamError`` of reading, compressing and running, as ``Recipe/weighted(by:for:comment:workers:)``, and if the
    ///   budget cannot be met.
    public func run(triedBeside path: String) throws -> SensitivityResult {
        var measured = [Double](repeating: 1, count: tensors.count)
        var result = SensitivityResult(
            recipe: recipe, weights: [], sampleCount: sampleCount, dataCount: dataCount, errors: [], chosen: 0
        )
        var best: (recipe: Recipe, weights: [Double]) = (recipe, measured)
        var hasEffect = [Bool](repeating: false, count: tensors.count)
        for trial in 0..<max(1, trialCount) {
            let tried = try trial == 0 ? recipe : weighted(measured)
            let errors: TrialErrors
            do { errors = try self.errors(of: tried, beside: path) } catch let error as BantamError
                where [.invalidArgument, .corruption].contains(error.kind) && trial > 0
            {
                // Weights with which the budget cannot be met are no help.
                break
            }
            progress()
            let error = errors.together / Double(max(bench.outputs.elementCount, 1))
            result.errors.append(error.isFinite ? error : .infinity)
            hasEffect = zip(hasEffect, errors.alone).map { $0 || $1.cost != nil }
            if result.errors[trial] < result.errors[result.chosen] {
                result.chosen = trial
                best = (tried, measured)
            }
            let next = SensitivityWeights.next(
                after: measured, errors.alone, counts: tensors.map(\.elementCount))
            if next == measured { break }
            measured = next
        }
        result.recipe = best.recipe
        result.weights = tensors.enumerated().flatMap { index, tensor in
            tensor.members.map { member in
                SensitivityResult.Weight(
                    tensor: source.entries[member].name, weight: best.weights[index],
                    use: !tensor.isUsed ? .unused : hasEffect[index] ? .measured : .withoutEffect)
            }
        }
        return result
    }

    /// The recipe with measured weights times those of its rules.
    private func weighted(_ measured: [Double]) throws -> Recipe {
        var weights: [Int: Double] = [:]
        for (tensor, weight) in zip(tensors, measured) {
            for member in tensor.members {
                weights[member] = max(1e-6, min(1e6, SensitivityWeights.rounded(tensor.ruleWeight * weight)))
            }
        }
        return try recipe.weighted(
            by: weights, for: source,
            comment:
                "Weights measured by \(sampleCount) samples of \(dataCount) at the outputs of a network.",
            workers: workers)
    }

    /// What compression by a recipe does to the outputs: all tensors together, and each of the budget alone.
    func errors(of recipe: Recipe, beside path: String) throws -> TrialErrors {
        let trial = try TrialFile(
            Plan(recipe, for: source), of: source, beside: path, workers: workers)
        return try trial { file in
            let alone = try workers.mapTrials(tensors.count, of: source) { index, workers in
                let tensor = tensors[index]
                guard tensor.isUsed, let first = tensor.members.first else { return TensorErrors() }
                return TensorErrors(
                    put: try source.tensor(at: first).float32().squaredDistance(
                        to: file.tensor(at: first).float32(), ignoringShifts: false),
                    added: try bench.squaredError(
                        of: SubstitutedFile(source, taking: Set(tensor.members), from: file), workers: workers
                    ))
            }
            return TrialErrors(
                together: try bench.squaredError(of: file, workers: workers), alone: alone)
        }
    }
}

/// What a trial does to the outputs.
struct TrialErrors {
    var together: Double
    var alone: [TensorErrors]
}
