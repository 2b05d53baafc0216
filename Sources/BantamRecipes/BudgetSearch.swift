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
    /// The step to take with tables trained before, instead of training again.
    private(set) var tunedStep: Float?
    private(set) var tries = 0
    /// Places of steps on the grid taken with the same tables, with what was missing there: of dB, or of bits for
    /// each quantized element.
    private var known: [(place: Int, missing: Double)] = []
    private(set) var reached: Reached?

    /// A try that comes so near ends the search, one that comes within the second is good enough for the last ones.
    private static let (sizeAim, sizeTolerance) = (0.002, 0.01)
    private static let (decibelAim, decibelTolerance) = (0.03, 0.1)
    /// A size must not be exceeded, so a little less is tried for.
    private static let sizeMargin = 0.997
    private static let (enough, most) = (4, 16)
    private static let leastRate = 0.002

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
    /// - Returns: whether that is it; else ``goal`` or ``tunedStep`` is the next one.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the budget cannot be met.
    mutating func isMet(by result: Reached, step: Float) throws -> Bool {
        tries += 1
        reached = result
        let isLate = tries >= BudgetSearch.enough
        let perElement = 8 / Double(max(1, quantizedCount))
        let missing: Double
        switch budget.goal {
        case .step: return true
        case .sqnr(let wanted):
            missing = wanted - result.sqnr
            let tolerance = isLate ? BudgetSearch.decibelTolerance : BudgetSearch.decibelAim
            if abs(missing) <= tolerance { return true }
        case .bitsPerWeight:
            let bytes = wantedByteCount - Double(result.byteCount)
            let tolerance = isLate ? BudgetSearch.sizeTolerance : BudgetSearch.sizeAim
            if abs(bytes) <= tolerance * wantedByteCount { return true }
            missing = bytes * perElement
        case .size:
            let room = wantedByteCount - Double(result.byteCount)
            if room >= 0, room <= BudgetSearch.sizeTolerance * wantedByteCount || tries == BudgetSearch.most {
                return true
            }
            missing = (BudgetSearch.sizeMargin * wantedByteCount - Double(result.byteCount)) * perElement
        }
        guard tries < BudgetSearch.most, goal != .bitsPerWeight(BudgetSearch.leastRate) || missing > 0 else {
            throw BantamError(
                .invalidArgument, "budget: expected \(budget.goal.text), reached \(text(of: result))")
        }
        if tries == 1, let corrected = corrected(by: missing) {
            goal = corrected
        } else {
            tune(StepGrid.place(of: step), missing)
        }
        return false
    }

    /// The goal for training again if much is missing.
    private func corrected(by missing: Double) -> RateDistortionStep.Goal? {
        switch goal {
        case .sqnr(let last) where abs(missing) > 0.5: .sqnr(max(0.01, min(199, last + missing)))
        case .bitsPerWeight(let last) where abs(missing) > 0.05 * last:
            .bitsPerWeight(limited(last + missing))
        default: nil
        }
    }

    /// The next step with the same tables, with which figures fall evenly as the step grows: by secants, within what
    /// is known on either side.
    private mutating func tune(_ place: Int, _ missing: Double) {
        known.append((place, missing))
        let isDecibels = if case .sqnr = budget.goal { true } else { false }
        // A bit or six dB for each octave, fewer bits at low rates.
        var slope = isDecibels ? Decibels.octave : 0.7
        if known.count > 1, case let other = known[known.count - 2], other.place != place {
            let found = 1024 * (missing - other.missing) / Double(place - other.place)
            slope = max(0.1 * slope, min(4 * slope, found))
        }
        var next = place - Int((1024 * missing / slope).rounded())
        // What is missing rises with the step.
        let fine = known.filter { $0.missing < 0 }.map(\.place).max()
        let coarse = known.filter { $0.missing > 0 }.map(\.place).min()
        if let fine, let coarse, fine + 1 < coarse {
            // Where secants do not close in, halves do.
            next = known.count > 4 ? (fine + coarse) / 2 : max(fine + 1, min(coarse - 1, next))
        }
        if next == place { next += missing > 0 ? -1 : 1 }
        tunedStep = StepGrid.step(at: next)
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
        case .step(let step, _): "a step of \(step)"
        case .bitsPerWeight(let bits): "\(bits) bits per weight"
        case .size(let fraction): "\((1e6 * fraction).rounded() / 1e4) % of the original"
        case .sqnr(let sqnr): "\(sqnr) dB"
        }
    }
}
