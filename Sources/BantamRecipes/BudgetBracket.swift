// Why: what a file comes to need not pass through a budget: where a tensor is smaller plain than quantized, it jumps.

import BantamPasses

/// The steps that were tried with the same tables, and what was missing at each: of dB, or of bits for each element.
/// What is missing rises with the step.
struct BudgetBracket: Sendable {
    /// A step that was tried.
    struct Try: Sendable {
        /// On the grid of steps.
        var place: Int
        /// Above 0 at steps too coarse; −∞ where nothing is lost.
        var missing: Double
        /// Whether the budget is kept, if not met.
        var isAllowed: Bool
    }

    /// What to do after a try.
    enum Move: Equatable {
        /// To try the step at a place of the grid.
        case attempt(Int)
        /// To take what is kept nearest to the budget, as steps between do not exist or make no difference.
        case settle(Int)
        /// Nothing: the last step that can be is still too coarse or too fine.
        case outOfReach
    }

    private var tries: [Try] = []
    /// Places that are so near to one another are as one.
    private static let width = 2

    /// The largest step that is too fine, and the smallest that is too coarse.
    private var fine: Try? { tries.filter { $0.missing <= 0 }.max { $0.place < $1.place } }
    private var coarse: Try? { tries.filter { $0.missing > 0 }.min { $0.place < $1.place } }
    /// The nearest to the budget of those that keep it, of equally near ones the coarsest.
    private var kept: Try? {
        tries.filter(\.isAllowed).min {
            let (first, second) = (abs($0.missing), abs($1.missing))
            return first == second ? $0.place > $1.place : first < second
        }
    }

    /// Notes a try and says where to go on: by secants, within what is known on either side, and where they do not
    /// close in by halves.
    ///
    /// - Parameters:
    ///   - slope: what is missing for each octave of the step, as a first guess.
    ///   - places: of the steps that can be.
    ///   - isLast: whether there is no time for another one.
    mutating func next(after found: Try, slope: Double, within places: ClosedRange<Int>, isLast: Bool) -> Move
    {
        tries.append(found)
        if let fine, let coarse, isLast || coarse.place - fine.place <= BudgetBracket.width {
            return kept.map { .settle($0.place) } ?? .outOfReach
        }
        if isLast || (found.missing > 0 ? found.place <= places.lowerBound : found.place >= places.upperBound)
        {
            return .outOfReach
        }
        var next: Int
        if let fine, let coarse, tries.count > 4 || !fine.missing.isFinite {
            next = (fine.place + coarse.place) / 2
        } else {
            // No loss says nothing of how far to go.
            let octaves =
                found.missing.isFinite
                ? max(-64, min(64, found.missing / self.slope(slope))) : -Double(tries.count)
            next = found.place - Int((1024 * octaves).rounded())
            if next == found.place { next += found.missing > 0 ? -1 : 1 }
            next = max(
                (fine?.place).map { $0 + 1 } ?? places.lowerBound,
                min((coarse?.place).map { $0 - 1 } ?? places.upperBound, next))
        }
        return .attempt(next)
    }

    /// That between the last two tries, if it is of any use.
    private func slope(_ guess: Double) -> Double {
        guard let (last, other) = tries.last.flatMap({ last in tries.dropLast().last.map { (last, $0) } }),
            last.place != other.place, last.missing.isFinite, other.missing.isFinite
        else { return guess }
        let found = 1024 * (last.missing - other.missing) / Double(last.place - other.place)
        return max(0.1 * guess, min(4 * guess, found))
    }
}
