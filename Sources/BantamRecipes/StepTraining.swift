import BantamEncodings
import BantamLoaders
import BantamPasses
import BantamTensors

/// Samples of the tensors that share a step and tables, taken before the first one is compressed.
///
/// The tensors of a rule share them, or all those of which the budget of the recipe decides on the step.
struct StepTraining: Sendable {
    /// Tensors with one step, times what each makes of it.
    struct Group: Sendable {
        /// The goal of a rule, or that of the budget.
        var goal: RateDistortionStep.Goal
        var quantization: RateDistortion
        /// Where the step stands, for errors.
        var step: Step
        var training: RateDistortionTraining
        /// Positions in the plan, with the step of each for a unit of the common one.
        var members: [(index: Int, relativeStep: Float)] = []
        /// Elements of all members.
        var elementCount = 0
    }

    private(set) var groups: [Group] = []
    /// Tensors that are left as they are, with the reason.
    private(set) var skipped: [Int: String] = [:]
    private let file: String

    /// Reads the tensors of every rule with rate–distortion quantization, as the passes before it leave them.
    ///
    /// - Complexity: O(elements). The result does not depend on `workers`.
    init(_ plan: Plan, _ source: any TensorFile, zeros: GlobalZeros, workers: Workers) throws {
        file = plan.recipe.file
        for indices in StepTraining.grouped(plan) {
            guard let first = indices.first, let step = plan.entries[first].steps.last,
                case .rateDistortion(let asked) = step.action
            else { continue }
            let quantization =
                asked.goal == .budget
                ? plan.recipe.budget?.quantization ?? RateDistortion() : asked.quantization
            let count = indices.reduce(0) { $0 + plan.entries[$1].tensor.shape.elementCount }
            var group = Group(
                goal: asked.goal, quantization: quantization, step: step,
                training: RateDistortionTraining(quantization, elementCount: count))
            for index in indices {
                let entry = plan.entries[index]
                guard case .rateDistortion(let asked)? = entry.steps.last?.action else { continue }
                try locating(file: source.path, tensor: entry.tensor.name) {
                    let tensor = try source.tensor(at: index)
                    defer { tensor.storage.letGo(of: tensor.storage.bytes) }
                    do {
                        let values = try StepTraining.values(of: tensor, entry, zeros[index], plan, workers)
                        try group.training.add(values, relativeStep: asked.relativeStep, workers: workers)
                        group.members.append((index, asked.relativeStep))
                        group.elementCount += tensor.elementCount
                    } catch let error as BantamError where error.kind == .corruption && asked.keepsNonFinite {
                        skipped[index] = "not quantized: NaN or infinity"
                    } catch let error as BantamError {
                        throw step.explained(error, in: plan.recipe.file)
                    }
                }
            }
            if !group.members.isEmpty { groups.append(group) }
        }
    }

    /// The positions of the tensors of each group, in the order of the file.
    private static func grouped(_ plan: Plan) -> [[Int]] {
        var groups: [[Int]] = []
        var places: [Int: Int] = [:]
        for (index, entry) in plan.entries.enumerated() {
            guard case .rateDistortion(let asked)? = entry.steps.last?.action, let rule = entry.rule else {
                continue
            }
            // Rules count from 1.
            let key = asked.goal == .budget ? 0 : rule.number
            if places[key] == nil {
                places[key] = groups.count
                groups.append([])
            }
            groups[places[key] ?? 0].append(index)
        }
        return groups
    }

    /// The tensor as the passes before the last leave it.
    private static func values(
        of tensor: Tensor, _ entry: Plan.Entry, _ zeros: Int?, _ plan: Plan, _ workers: Workers
    ) throws -> Tensor {
        var encoding = Encoding.dense(tensor)
        let context = PassContext(workers: workers, storedBytes: { $0.shape.elementCount })
        for step in entry.steps.dropLast() {
            let pass: any Pass =
                if case .pass(let pass) = step.action { pass } else { try Prune(.zeros(zeros ?? 0)) }
            do { encoding = try pass.apply(to: encoding, context).encoding } catch let error as BantamError {
                throw step.explained(error, in: plan.recipe.file)
            }
        }
        guard case .dense(let values) = encoding else {
            throw BantamError(.invalidArgument, "expected values to quantize, found \(encoding.summary) ones")
        }
        return values
    }

    /// Trains every group for its goal, that of the budget for `budget`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if a goal cannot be reached.
    func steps(budget: RateDistortionStep.Goal?, workers: Workers) throws -> TrainedSteps {
        var trained = TrainedSteps(skipped: skipped)
        for group in groups {
            let goal = group.goal == .budget ? budget ?? .budget : group.goal
            do {
                trained.add(try group.trained(for: goal, workers), group)
            } catch let error as BantamError {
                guard group.goal == .budget else { throw group.step.explained(error, in: file) }
                guard file != RecipeText.commandLine else {
                    throw BantamError(error.kind, "budget: \(error.message)")
                }
                throw BantamError(
                    error.kind == .invalidArgument ? .corruption : error.kind, file: file,
                    "budget: \(error.message)")
            }
        }
        return trained
    }
}

extension StepTraining.Group {
    /// Tables for a goal; the budget's may be beyond reach, which is found out when there is a file.
    func trained(
        for goal: RateDistortionStep.Goal, _ workers: Workers
    ) throws -> RateDistortionTraining.Result {
        switch goal {
        case .step(let step): return try training.tables(step: step, workers: workers)
        case .sqnr(let sqnr):
            let result = try training.tables(reaching: .sqnr(sqnr), workers: workers)
            // More than asked for comes back only where nothing coarser does.
            if result.sqnr < sqnr - 0.1, self.goal != .budget {
                try check(sqnr, "dB", workers) { $0.sqnr }
            }
            return result
        case .bitsPerWeight(let rate):
            let result = try training.tables(reaching: .bitsPerWeight(rate), workers: workers)
            if abs(result.bitsPerWeight - rate) > 0.01 * rate, self.goal != .budget {
                try check(rate, "bits per weight", workers) { $0.bitsPerWeight }
            }
            return result
        case .budget: throw BantamError(.internal, "expected a budget to be resolved, found none")
        }
    }

    /// Checks that what is `wanted` lies between the ends of what can be reached.
    private func check(
        _ wanted: Double, _ unit: String, _ workers: Workers,
        _ figure: (RateDistortionTraining.Result) -> Double
    ) throws {
        let ends = try training.ends(workers: workers)
        let reach = [figure(ends.coarsest), figure(ends.finest)]
        guard wanted < reach[0] || wanted > reach[1] else { return }
        let texts = reach.map { $0.isFinite ? "\(($0 * 1000).rounded() / 1000)" : "\($0)" }
        throw BantamError(
            .invalidArgument,
            "expected \(texts[0]) to \(texts[1]) \(unit), which are within reach, found \(wanted)")
    }
}

/// The step and tables of every tensor that has them.
struct TrainedSteps: Sendable {
    private var passes: [Int: TrellisQuantize] = [:]
    private let skipped: [Int: String]
    /// What tensors make of the budget's step, by their position in the plan.
    private var ofBudget: [Int: Float] = [:]
    /// The common step of what the budget decides on.
    private(set) var budget: RateDistortionTraining.Result?
    /// The common steps that can be, on the grid of steps.
    private(set) var budgetPlaces: ClosedRange<Int>?

    init(skipped: [Int: String]) { self.skipped = skipped }

    mutating func add(_ result: RateDistortionTraining.Result, _ group: StepTraining.Group) {
        for (index, relativeStep) in group.members {
            passes[index] = TrellisQuantize(
                group.quantization, step: result.step * relativeStep, tables: result.tables)
        }
        if group.goal == .budget {
            budget = result
            budgetPlaces = group.training.places
            ofBudget = Dictionary(uniqueKeysWithValues: group.members.map { ($0.index, $0.relativeStep) })
        }
    }

    /// The pass for the tensor at a position of the plan, and its step for people.
    subscript(index: Int) -> TrellisQuantize? { passes[index] }

    /// The same tables with another step for what the budget decides on.
    func with(budgetStep step: Float) -> TrainedSteps {
        var result = self
        for (index, relativeStep) in ofBudget {
            guard let pass = passes[index] else { continue }
            result.passes[index] = TrellisQuantize(
                pass.quantization, step: step * relativeStep, tables: pass.tables)
        }
        result.budget?.step = step
        return result
    }

    /// Whether the budget decides on the step of the tensor at a position of the plan.
    func isOfBudget(_ index: Int) -> Bool { ofBudget[index] != nil }

    /// Why the tensor at a position of the plan is left as it is.
    func reasonSkipped(_ index: Int) -> String? { skipped[index] }
}
