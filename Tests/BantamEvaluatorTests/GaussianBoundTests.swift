import BantamEvaluator
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@Suite struct GaussianBoundTests {
    /// Reverse water-filling as the theorem states it, the level found by halving.
    private func slowBits(_ components: [GaussianBound.Component], squaredError: Double) -> Double {
        func error(_ level: Double) -> Double {
            components.reduce(0) { $0 + Double($1.count) * min(level, $1.variance) }
        }
        var (low, high) = (0.0, components.map(\.variance).max() ?? 0)
        for _ in 0..<2000 {
            let middle = (low + high) / 2
            if error(middle) < squaredError { low = middle } else { high = middle }
        }
        return components.reduce(0) { $0 + Double($1.count) * max(0, log2($1.variance / low) / 2) }
    }

    @Test func oneVarianceGivesSixDecibelsABit() {
        let bound = GaussianBound([.init(variance: 0.25, count: 1000)])
        #expect(bound.largestSquaredError == 250)
        for bits in [0.5, 1, 2, 7.25] {
            let error = bound.squaredError(bits: 1000 * bits)
            #expect(abs(10 * log10(250 / error) - 20 * log10(2) * bits) < 1e-9)
            #expect(abs(bound.bits(squaredError: error) - 1000 * bits) < 1e-9)
        }
    }

    /// Two rows of 10, σ² = 4 and 1. At a level of 0.5: ½·log₂ 8 and ½·log₂ 2 bits, an error of 10. At a level of 2 only the
    /// first is above the water: ½·log₂ 2 bits, an error of 10·2 + 10·1.
    @Test func twoRowsByHand() {
        let bound = GaussianBound([.init(variance: 1, count: 10), .init(variance: 4, count: 10)])
        #expect(abs(bound.bits(squaredError: 10) - 20) < 1e-12)
        #expect(abs(bound.bits(squaredError: 30) - 5) < 1e-12)
        #expect(abs(bound.squaredError(bits: 20) - 10) < 1e-12)
        #expect(abs(bound.squaredError(bits: 5) - 30) < 1e-12)
        // Where the second row surfaces: a level of 1.
        #expect(abs(bound.bits(squaredError: 20) - 10) < 1e-12)
        #expect(abs(bound.squaredError(bits: 10) - 20) < 1e-12)
        #expect(bound.bits(squaredError: 50) == 0 && bound.bits(squaredError: 51) == 0)
        #expect(bound.squaredError(bits: 0) == 50)
        #expect(bound.bits(squaredError: 0) == .infinity)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func isWhatHalvingFinds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let components = (0..<40).map { _ in
            GaussianBound.Component(
                variance: exp(Double.random(in: -12...3, using: &generator)),
                count: Int.random(in: 1...50, using: &generator))
        }
        let bound = GaussianBound(components.shuffled(using: &generator))
        for part in [1e-9, 1e-4, 0.01, 0.1, 0.3, 0.7, 0.99] {
            let error = part * bound.largestSquaredError
            let slow = slowBits(components, squaredError: error)
            let bits = bound.bits(squaredError: error)
            #expect(abs(bits - slow) <= 1e-6 * max(1, slow))
            #expect(abs(bound.squaredError(bits: bits) - error) <= 1e-9 * error)
        }
    }

    /// No way to share out the same error among three rows takes fewer bits.
    @Test func noOtherSharingIsBetter() {
        let variances = [0.3, 1, 5]
        let bound = GaussianBound(variances.map { .init(variance: $0, count: 1) })
        for total in [0.1, 0.5, 1, 2, 4] {
            var best = Double.infinity
            for first in stride(from: 0.005, through: min(total, 0.3), by: 0.005) {
                for second in stride(from: 0.005, through: min(total - first, 1), by: 0.005) {
                    let third = total - first - second
                    guard third > 0 else { continue }
                    let bits = zip(variances, [first, second, third]).reduce(0) {
                        $0 + max(0, log2($1.0 / $1.1) / 2)
                    }
                    best = min(best, bits)
                }
            }
            #expect(bound.bits(squaredError: total) <= best + 1e-12)
            #expect(bound.bits(squaredError: total) > best - 0.02)
        }
    }

    @Test func nothingTakesNoBits() {
        for bound in [
            GaussianBound([]), GaussianBound([.init(variance: 0, count: 7)]),
            GaussianBound([.init(variance: .infinity, count: 1), .init(variance: .nan, count: 1)]),
            GaussianBound([.init(variance: 1, count: 0)]),
        ] {
            #expect(bound.largestSquaredError == 0)
            #expect(bound.bits(squaredError: 0) == 0)
            #expect(bound.squaredError(bits: 3) == 0)
        }
    }
}

@Suite struct MatrixSpreadTests {
    @Test func rowsByHand() throws {
        let values: [Float] = [1, 3, 5, 7, -2, -2, -2, -2]
        let spread = try #require(try MatrixSpread(Tensor(.float32, [2, 2, 2], values)))
        #expect(spread.energy == 1 + 9 + 25 + 49 + 16)
        #expect(spread.rows == [.init(variance: 5, count: 4), .init(variance: 0, count: 4)])
        #expect(try MatrixSpread(Tensor(.float32, [1, 2], [1, Float.nan])) == nil)
        #expect(try MatrixSpread(Tensor(.float32, [1, 2], [1, Float.infinity])) == nil)
        #expect(bantamError { _ = try MatrixSpread(Tensor(.float32, [8], values)) }?.kind == .invalidArgument)
        #expect(try MatrixSpread(Tensor(.float32, [3, 0], [Float]()))?.energy == 0)
        #expect(try MatrixSpread(Tensor(.float32, [0, 3], [Float]()))?.rows == [])
    }

    /// A mean that dwarfs the variance must not swallow it.
    @Test func aLargeMeanDoesNotHide() throws {
        let values = (0..<4000).map { Float(4096 + ($0 % 2)) }
        let spread = try #require(try MatrixSpread(Tensor(.float32, [2, 2000], values)))
        #expect(spread.rows == [.init(variance: 0.25, count: 2000), .init(variance: 0.25, count: 2000)])
    }

    @Test func threadsMakeNoDifference() throws {
        var generator = SeededGenerator(seed: 9)
        let tensor = Tensor(.float32, [600, 333], (0..<600 * 333).map { _ in generator.normal() })
        #expect(try MatrixSpread(tensor) == MatrixSpread(tensor, workers: Workers(4)))
    }
}
