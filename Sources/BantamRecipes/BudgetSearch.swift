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
    /// Elements of the model, and of the tensors that share the budget's step.
    private let (elementCount, quantizedCount): (Int, Int)
    /// The bytes that the file may or should have.
    private let wantedByteCount: Double
    /// What training is asked for.
    private(set) var goal: RateDistortionStep.Goal
    private(set) var tries = 0
    private(set) var reached: Reached?

    /// A try that comes so near ends the search, one that comes within the second is good enough for the last ones.
    private static let (sizeAim, sizeTolerance) = (0.002, 0.01)
    private static let (decibelAim, decibelTolerance) = (0.03, 0.1)
    /// A size must not be exceeded, so a little less is tried for.
    private static let sizeMargin = 0.997
    private static let (enough, most) = (3, 7)

    init(_ budget: Budget, _ plan: Plan, originalByteCount: Int) {
        self.budget = budget
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
        case .step(let step): (goal, wanted) = (.step(step), 0)
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

    private func limited(_ rate: Double) -> Double { max(0.002, min(64, rate)) }

    /// Notes what a try gave.
    ///
    /// - Returns: whether that is it; else ``goal`` is the next one.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the budget cannot be met.
    mutating func isMet(by result: Reached) throws -> Bool {
        tries += 1
        reached = result
        let asked = goal
        let isLate = tries >= BudgetSearch.enough
        switch budget.goal {
        case .step: return true
        case .sqnr(let wanted):
            let missing = wanted - result.sqnr
            if abs(missing) <= (isLate ? BudgetSearch.decibelTolerance : BudgetSearch.decibelAim) {
                return true
            }
            if case .sqnr(let last) = goal { goal = .sqnr(max(0.01, min(199, last + missing))) }
        case .bitsPerWeight:
            let missing = wantedByteCount - Double(result.byteCount)
            let tolerance = isLate ? BudgetSearch.sizeTolerance : BudgetSearch.sizeAim
            if abs(missing) <= tolerance * wantedByteCount { return true }
            correct(by: missing)
        case .size:
            let room = wantedByteCount - Double(result.byteCount)
            if room >= 0, isLate || room <= BudgetSearch.sizeTolerance * wantedByteCount { return true }
            // The later, the more cautious.
            let margin = 1 - (1 - BudgetSearch.sizeMargin) * Double(tries)
            correct(by: margin * wantedByteCount - Double(result.byteCount))
        }
        // Asking for the same again would give the same.
        guard tries < BudgetSearch.most, goal != asked else {
            throw BantamError(
                .invalidArgument, "budget: expected \(budget.goal.text), reached \(text(of: result))")
        }
        return false
    }

    private mutating func correct(by missing: Double) {
        guard case .bitsPerWeight(let last) = goal else { return }
        goal = .bitsPerWeight(limited(last + 8 * missing / Double(max(1, quantizedCount))))
    }

    /// What was asked for and what was reached, for people.
    var note: String? {
        guard let reached else { return nil }
        return "budget: \(budget.goal.text), reached \(text(of: reached))"
            + (tries > 1 ? " in \(tries) tries" : "")
    }

    private func text(of reached: Reached) -> String {
        switch budget.goal {
        case .step, .bitsPerWeight:
            rounded(8 * Double(reached.byteCount) / Double(max(1, elementCount)), 1000) + " bits per weight"
        case .size:
            "\(reached.byteCount) B of at most \(Int(wantedByteCount)) B"
        case .sqnr: rounded(reached.sqnr, 100) + " dB"
        }
    }

    private func rounded(_ value: Double, _ unit: Double) -> String {
        value.isFinite ? "\((value * unit).rounded() / unit)" : "\(value)"
    }
}

extension Budget.Goal {
    /// The goal for people.
    var text: String {
        switch self {
        case .step(let step): "a step of \(step)"
        case .bitsPerWeight(let bits): "\(bits) bits per weight"
        case .size(let fraction): "\(100 * fraction) % of the original"
        case .sqnr(let sqnr): "\(sqnr) dB"
        }
    }
}
