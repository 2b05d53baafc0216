import BantamEvaluator
import BantamTestSupport
import Foundation
import Testing

/// The interval of a change in accuracy: published limits, a numerical reference, and its promise of 95 %.
@Suite struct ScoreIntervalTests {
    struct Case: Decodable {
        var won, lost, count: Int
        var low, high: Double
    }

    /// The data of Cavo et al. (2012) with the limits that the tests of the R package `contingencytables` expect.
    @Test func publishedLimits() {
        let cavo = PairedPredictions.scoreInterval(won: 6, lost: 16, of: 161)
        #expect((cavo.lowerBound + 0.1240).magnitude < 5e-5)
        #expect((cavo.upperBound + 0.0054).magnitude < 5e-5)
    }

    /// The same limits where SciPy maximized the likelihood and found the root.
    @Test func limitsAreThoseOfANumericalSearch() throws {
        for expected in try fixture("intervals.json", as: [Case].self) {
            let found = PairedPredictions.scoreInterval(
                won: expected.won, lost: expected.lost, of: expected.count)
            #expect((found.lowerBound - expected.low).magnitude < 1e-8, "\(expected)")
            #expect((found.upperBound - expected.high).magnitude < 1e-8, "\(expected)")
        }
    }

    @Test(arguments: [1, 10, 360, 10000]) func withoutDiscordanceTheLimitIsWilsons(count: Int) {
        let squared = 1.959963984540054 * 1.959963984540054
        let limit = squared / (Double(count) + squared)
        let found = PairedPredictions.scoreInterval(won: 0, lost: 0, of: count)
        #expect((found.upperBound - limit).magnitude < 1e-12)
        #expect((found.lowerBound + limit).magnitude < 1e-12)
    }

    @Test func extremesStayWithinOne() {
        #expect(PairedPredictions.scoreInterval(won: 0, lost: 0, of: 0) == -1...1)
        for count in 1...12 {
            for won in 0...count {
                for lost in 0...count - won {
                    let found = PairedPredictions.scoreInterval(won: won, lost: lost, of: count)
                    let mirrored = PairedPredictions.scoreInterval(won: lost, lost: won, of: count)
                    #expect(found.lowerBound >= -1 && found.upperBound <= 1)
                    #expect(found.contains(Double(won - lost) / Double(count)))
                    #expect(found.lowerBound == -mirrored.upperBound)
                }
            }
        }
    }

    /// A loss is called significant exactly when McNemar's test without correction calls it so.
    @Test func agreesWithMcNemar() {
        for won in 0...20 {
            for lost in 0...20 where won + lost > 0 {
                let chi = Double((won - lost) * (won - lost)) / Double(won + lost)
                let interval = PairedPredictions.scoreInterval(won: won, lost: lost, of: 500)
                #expect(!interval.contains(0) == (chi > 1.959963984540054 * 1.959963984540054))
            }
        }
    }

    /// The exact probability that the interval covers the truth, summed over all outcomes that can happen.
    @Test(arguments: [
        (n: 60, won: 0.02, lost: 0.02), (n: 60, won: 0.1, lost: 0.15), (n: 200, won: 0.01, lost: 0.02),
        (n: 200, won: 0.005, lost: 0.005), (n: 360, won: 0.002, lost: 0.01), (n: 360, won: 0.03, lost: 0.03),
    ])
    func coversTheTruth(_ truth: (n: Int, won: Double, lost: Double)) {
        let change = truth.won - truth.lost
        let rest = 1 - truth.won - truth.lost
        let logFactorials = (0...truth.n).reduce(into: [Double]()) { sums, n in
            sums.append(n == 0 ? 0 : sums[n - 1] + log(Double(n)))
        }
        var (covered, all) = (0.0, 0.0)
        for won in 0...truth.n {
            for lost in 0...truth.n - won {
                let same = truth.n - won - lost
                let counts = [won, lost, same]
                var logarithm = logFactorials[truth.n]
                for (count, probability) in zip(counts, [truth.won, truth.lost, rest]) {
                    logarithm += Double(count) * log(probability) - logFactorials[count]
                }
                guard logarithm > -30 else { continue }
                let probability = exp(logarithm)
                all += probability
                let interval = PairedPredictions.scoreInterval(won: won, lost: lost, of: truth.n)
                covered += interval.contains(change) ? probability : 0
            }
        }
        #expect(all > 0.999999)
        #expect(covered > 0.93 && covered < 0.995, "\(truth): \(covered)")
    }

    @Test func listsOfDifferentLengthAreRefused() {
        let error = bantamError {
            _ = try PairedPredictions(original: [1], compressed: [1, 2], labels: [1, 2])
        }
        #expect(error?.kind == .invalidArgument)
    }
}
