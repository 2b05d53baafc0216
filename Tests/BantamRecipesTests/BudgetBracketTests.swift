import Testing

@testable import BantamRecipes

/// The search for a step against functions whose crossing is known.
@Suite struct BudgetBracketTests {
    /// Where the search ends, and after how many tries.
    private func search(
        from start: Int, slope: Double = 6, within places: ClosedRange<Int> = -20000...20000, most: Int = 16,
        _ missing: (Int) -> Double
    ) -> (move: BudgetBracket.Move, tries: Int) {
        var bracket = BudgetBracket()
        var place = start
        var tries = 0
        while true {
            tries += 1
            let found = missing(place)
            if abs(found) <= 0.03 { return (.settle(place), tries) }
            let move = bracket.next(
                after: .init(place: place, missing: found, isAllowed: found <= 0.1), slope: slope,
                within: places, isLast: tries >= most)
            guard case .attempt(let next) = move else { return (move, tries) }
            #expect(places.contains(next) && next != place)
            place = next
        }
    }

    @Test(arguments: [-9000, -300, 0, 1, 5000]) func aLineIsMetAtOnce(_ start: Int) throws {
        for slope in [3.0, 6, 12] {
            let (move, tries) = search(from: start) { slope * Double($0 - 777) / 1024 }
            let place = try #require(move.settled)
            #expect(abs(Double(place - 777)) * slope / 1024 <= 0.03 && tries <= 5)
        }
    }

    /// Below the jump nothing is lost, or little; above it the budget is missed.
    @Test(arguments: [-1000.0, -2, -0.5]) func aJumpIsTakenOnItsBetterSide(_ better: Double) throws {
        for start in [-4000, 90, 110, 3000] {
            let (move, _) = search(from: start, most: 24) {
                $0 <= 100
                    ? (better < -999 ? -.infinity : better) + min(0, Double($0 - 100) / 200)
                    : 1 + Double($0 - 100) / 200
            }
            let place = try #require(move.settled)
            #expect(99...100 ~= place)
        }
    }

    @Test func endsAreFoundOut() {
        #expect(search(from: 0, within: -50...50) { _ in 40 }.move == .outOfReach)
        #expect(search(from: 0, within: -50...50) { _ in -40 }.move == .outOfReach)
        #expect(search(from: 0, within: 0...0) { _ in -.infinity }.move == .outOfReach)
    }

    /// When there is no time left, the nearest that keeps the budget.
    @Test func theLastTry() throws {
        let (move, tries) = search(from: -3000, most: 3) { $0 < 0 ? -5 : 5 }
        #expect(try #require(move.settled) < 0 && tries == 3)
    }
}

extension BudgetBracket.Move {
    /// The place that is taken.
    fileprivate var settled: Int? { if case .settle(let place) = self { place } else { nil } }
}
