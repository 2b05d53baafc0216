// Why: training knows from a sample what quantized tensors will take; what a whole file takes, and what comes back
// from it, is known when it is there. What is missing goes into the next try.

import BantamPasses
import BantamTensors

/// From a budget for the whole file to a goal for training, corrected by what each try gave.
struct BudgetSearch: Sendable {
    /// What a try gave.
    struct Reached: Sendable {
        var byteCount: Int
        /// Over what is quantized, in dB, as it is decompressed.
        var sqnr: Double
    }

    private let budget: Budget
    private let recipe: Recipe
    /// Elements of the model, and of the tensors that share the budget's step.
    private let (elementCount, quantizedCount): (Int, Int)
    /// The bytes that the file may or should have.
    private let wantedByteCount: Double
    /// What training is asked for.
    private(set) var goal: RateDistortionStep.Goal
    /// The step to take with tables trained before, instead of training again.
    private(set) var tunedStep: Float?
    private(set) var tries = 0
    /// Steps taken with the same tables.
    private var bracket = BudgetBracket()
    /// Whether the next step is to be taken whatever it gives.
    private var isSettled = false
    /// The finest and the coarsest that can be, looked for when the budget is beyond them.
    private var ends: [Reached]?
    private(set) var reached: Reached?

    /// A try that comes so near ends the search, one that comes within the second is good enough for the last ones.
    private static let (sizeAim, sizeTolerance) = (0.002, 0.01)
    private static let (decibelAim, decibelTolerance) = (0.03, 0.1)
    /// A size must not be exceeded, so a little less is tried for.
    private static let sizeMargin = 0.997
    private static let (enough, most) = (4, 16)
    /// What no model comes below or above.
    private static let (leastRate, mostDecibels) = (0.002, 199.0)

    init(_ budget: Budget, _ plan: Plan, originalByteCount: Int) {
        self.budget = budget
        recipe = plan.recipe
        let isQuantized = plan.entries.map { entry in
            if case .rateDistortion(let asked)? = entry.steps.last?.action {
                asked.goal == .budget
            } else {
                false
            }
        }
        elementCount = plan.entries.reduce(0) { $0 + $1.tensor.shape.elementCount }
        quantizedCount = zip(plan.entries, isQuantized).reduce(0) {
            $0 + ($1.1 ? $1.0.tensor.shape.elementCount : 0)
        }
        let wanted: Double
        switch budget.goal {
        case .step(let step, let trained):
            (goal, wanted) = (.step(trained), 0)
            tunedStep = step
        case .sqnr(let sqnr): (goal, wanted) = (.sqnr(sqnr), 0)
        case .bitsPerWeight(let bits): (goal, wanted) = (.budget, bits * Double(elementCount) / 8)
        case .size(let fraction):
            (goal, wanted) = (.budget, (fraction * Double(originalByteCount)).rounded(.down))
        }
        wantedByteCount = wanted
        guard goal == .budget else { return }
        // What the header says of a tensor, and what is not quantized, mostly as 16-bit floats: a first guess.
        let beside = zip(plan.entries, isQuantized).reduce(0) { sum, entry in
            sum + 250 + (entry.1 ? 200 : min(entry.0.tensor.byteCount, 2 * entry.0.tensor.shape.elementCount))
        }
        goal = .bitsPerWeight(
            limited(8 * (wantedByteCount - Double(beside)) / Double(max(1, quantizedCount))))
    }

    private func limited(_ rate: Double) -> Double { max(BudgetSearch.leastRate, min(64, rate)) }

    /// Notes what a try with a step gave.
    ///
    /// What is better than asked for is accepted where nothing coarser would do: where tensors are smaller plain than
    /// quantized, files jump.
    ///
    /// - Parameter places: of the steps that can be, on the grid; `nil` if nothing is quantized.
    /// - Returns: whether that is it; else ``goal`` or ``tunedStep`` is the next one.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the budget cannot be met.
    mutating func isMet(by result: Reached, step: Float, within places: ClosedRange<Int>?) throws -> Bool {
        tries += 1
        reached = result
        if ends != nil { return try isEnd(result) }
        let outcome = outcome(of: result)
        if outcome.isMet || isSettled { return true }
        let isDecibels = if case .sqnr = budget.goal { true } else { false }
        guard let places else {
            if isDecibels { return true }
            throw recipe.budgetError("expected \(budget.goal.text), reached \(text(of: result))")
        }
        let place = StepGrid.place(of: step)
        if isDecibels, outcome.missing <= 0, place >= places.upperBound { return true }
        // Nothing finer can be, and what takes less than it may is welcome.
        if case .size = budget.goal, outcome.isAllowed, place <= places.lowerBound { return true }
        if tries <= 2, tunedStep == nil, let corrected = corrected(by: outcome.missing) {
            goal = corrected
            return false
        }
        // A bit or six dB for each octave, fewer bits at low rates.
        let move = bracket.next(
            after: .init(place: place, missing: outcome.missing, isAllowed: outcome.isAllowed),
            slope: isDecibels ? Decibels.octave : 0.7, within: places, isLast: tries >= BudgetSearch.most)
        switch move {
        case .attempt(let next): tunedStep = StepGrid.step(at: next)
        case .settle(let kept) where kept == place: return true
        case .settle(let kept): (isSettled, tunedStep) = (true, StepGrid.step(at: kept))
        case .outOfReach: (ends, goal, tunedStep) = ([], .sqnr(BudgetSearch.mostDecibels), nil)
        }
        return false
    }

    /// Whether a result is what was asked for, whether it at least keeps to it, and what is missing of dB, or of bits
    /// for each quantized element.
    private func outcome(of result: Reached) -> (isMet: Bool, isAllowed: Bool, missing: Double) {
        let isLate = tries >= BudgetSearch.enough
        let perElement = 8 / Double(max(1, quantizedCount))
        let room = wantedByteCount - Double(result.byteCount)
        switch budget.goal {
        case .step: return (true, true, 0)
        case .sqnr(let wanted):
            let missing = wanted - result.sqnr
            let tolerance = isLate ? BudgetSearch.decibelTolerance : BudgetSearch.decibelAim
            return (abs(missing) <= tolerance, missing <= BudgetSearch.decibelTolerance, missing)
        case .bitsPerWeight:
            let tolerance = isLate ? BudgetSearch.sizeTolerance : BudgetSearch.sizeAim
            return (
                abs(room) <= tolerance * wantedByteCount,
                room >= -BudgetSearch.sizeTolerance * wantedByteCount,
                room * perElement
            )
        case .size:
            let aim = BudgetSearch.sizeMargin * wantedByteCount - Double(result.byteCount)
            return (
                room >= 0 && room <= BudgetSearch.sizeTolerance * wantedByteCount, room >= 0,
                aim * perElement
            )
        }
    }

    /// Notes an end of what can be reached and looks for the other.
    private mutating func isEnd(_ result: Reached) throws -> Bool {
        guard let finest = ends?.first else {
            (ends, goal) = ([result], .bitsPerWeight(BudgetSearch.leastRate))
            return false
        }
        throw recipe.budgetError(
            "expected \(budget.goal.text), within reach are \(amount(of: result)) to \(amount(of: finest)) "
                + unit)
    }

    /// The goal for training again if much is missing.
    private func corrected(by missing: Double) -> RateDistortionStep.Goal? {
        let next: RateDistortionStep.Goal
        switch goal {
        case .sqnr(let last) where abs(missing) > 0.5 && missing.isFinite:
            next = .sqnr(max(0.01, min(BudgetSearch.mostDecibels, last + missing)))
        case .bitsPerWeight(let last) where abs(missing) > 0.05 * last:
            next = .bitsPerWeight(limited(last + missing))
        default: return nil
        }
        return next == goal ? nil : next
    }

    /// What was asked for and what was reached, for people.
    var note: String? {
        guard let reached else { return nil }
        return "budget: \(budget.goal.text), reached \(text(of: reached))"
            + (tries > 1 ? " in \(tries) tries" : "")
    }

    private func text(of reached: Reached) -> String {
        if case .size = budget.goal { return "\(reached.byteCount) B of at most \(Int(wantedByteCount)) B" }
        if case .sqnr = budget.goal, reached.sqnr == .infinity { return "no loss at all" }
        return "\(amount(of: reached)) \(unit)"
    }

    private func amount(of reached: Reached) -> String {
        switch budget.goal {
        case .step, .bitsPerWeight:
            rounded(8 * Double(reached.byteCount) / Double(max(1, elementCount)), 1000)
        case .size: "\(reached.byteCount)"
        case .sqnr: rounded(reached.sqnr, 100)
        }
    }

    private var unit: String {
        switch budget.goal {
        case .step, .bitsPerWeight: "bits per weight"
        case .size: "B"
        case .sqnr: "dB"
        }
    }

    private func rounded(_ value: Double, _ unit: Double) -> String {
        value.isFinite ? "\((value * unit).rounded() / unit)" : "\(value)"
    }
}

extension Recipe {
    /// What is wrong with the budget: a fault of the file that it stands in, or of what the command line asks for.
    func budgetError(_ message: String) -> BantamError {
        file == RecipeText.commandLine
            ? BantamError(.invalidArgument, "budget: " + message)
            : BantamError(.corruption, file: file, "budget: " + message)
    }
}

extension Budget.Goal {
    /// The goal for people.
    var text: String {
        switch self {
        case .step(let step, _): "a step of \(step)"
        case .bitsPerWeight(let bits): "\(bits) bits per weight"
        case .size(let fraction): "at most \((1e6 * fraction).rounded() / 1e4) % of the original"
        case .sqnr(let sqnr): "\(sqnr) dB"
        }
    }
}
