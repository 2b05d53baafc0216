import BantamTensors
import BantamTestSupport
import Glibc
import Testing

@testable import BantamSearch

@Suite struct StepCurvesTests {
    private func point(_ byteCount: Int, _ error: Double, _ deadZone: Float = 0.5) -> StepCurves.Point {
        StepCurves.Point(
            treatment: .steps(Float(byteCount), deadZone: deadZone), byteCount: byteCount, error: error)
    }

    /// Whatever a byte costs, some point of the hull is as good as any other; and none of the hull is never best.
    @Test func theHullHoldsJustTheBest() {
        var generator = SeededGenerator(seed: 11)
        for count in [1, 2, 3, 10, 60] {
            let points = (0..<count).map { _ in
                point(
                    Int.random(in: 0...200, using: &generator),
                    Double(Int.random(in: 0...200, using: &generator)))
            }
            let hull = StepCurves.hull(points)
            var best: Set<Int> = []
            for step in 0...4000 {
                let price = exp((Double(step) - 2000) / 200)
                func cost(_ point: StepCurves.Point) -> Double {
                    point.error + price * Double(point.byteCount)
                }
                let least = points.map(cost).min() ?? 0
                let found = hull.indices.min { cost(hull[$0]) < cost(hull[$1]) } ?? 0
                #expect(cost(hull[found]) <= least + 1e-9 * abs(least))
                best.insert(found)
            }
            #expect(hull.map(\.byteCount) == hull.map(\.byteCount).sorted(by: >))
            #expect(Set(hull.map(\.byteCount)).count == hull.count)
            #expect(best.count == hull.count, "\(count)")
        }
    }

    @Test func whatIsNotFiniteIsNeverTaken() {
        let hull = StepCurves.hull([point(10, .infinity), point(20, 1), point(5, .nan)])
        #expect(hull == [point(20, 1)])
    }

    /// Of all ways to hold two tensors in no more bytes than those that are chosen, none has less error.
    @Test func noSharingOutOfTheBytesIsBetter() throws {
        var generator = SeededGenerator(seed: 5)
        let points = (0..<2).map { _ in
            (0..<12).map { _ in
                point(Int.random(in: 1...99, using: &generator), Double.random(in: 0...1, using: &generator))
            }
        }
        let curves = StepCurves(points, unit: 0.01)
        for strength in [0.01, 0.1, 0.5, 1, 2, 10] {
            let chosen = zip(curves.treatments(strength), points).compactMap { treatment, points in
                points.first { $0.treatment == treatment }
            }
            #expect(chosen.count == 2)
            let bytes = chosen.reduce(0) { $0 + $1.byteCount }
            let error = chosen.reduce(0) { $0 + $1.error }
            for first in points[0] {
                for second in points[1] where first.byteCount + second.byteCount <= bytes {
                    #expect(first.error + second.error >= error - 1e-12)
                }
            }
        }
    }

    @Test func largerDeadZonesCanBeLeftOut() {
        let curves = StepCurves([[point(10, 1, 0.7), point(20, 1, 0.5)], []], unit: 1)
        #expect(curves.treatments(1) == [.steps(10, deadZone: 0.7), nil])
        #expect(curves.upTo(deadZone: 0.6).treatments(1) == [.steps(20, deadZone: 0.5), nil])
    }
}

@Suite struct DivergenceTests {
    @Test func twoClassesByHand() throws {
        let p = Tensor(.float32, [2, 2], [0.5, 0.5, 1, 0] as [Float])
        let q = Tensor(.float32, [2, 2], [0.25, 0.75, 0.5, 0.5] as [Float])
        let expected = 0.5 * log(2) + 0.5 * log(2 / 3.0) + log(2)
        #expect(abs(try q.divergence(from: p, .probabilities) - expected) < 1e-12)
        #expect(try p.divergence(from: p, .probabilities) == 0)
        // What was possible and no longer is.
        #expect(try p.divergence(from: q, .probabilities) == .infinity)
    }

    @Test func logitsAreThatOfTheirSoftmax() throws {
        let (a, b): ([Float], [Float]) = ([1, 2, 3, 1000, 990, -5], [0, 2, 4, 995, 995, 7])
        func softmax(_ values: [Float]) -> [Double] {
            let sum = values.reduce(0) { $0 + exp(Double($1) - 1000) }
            return values.map { exp(Double($0) - 1000) / sum }
        }
        var expected = 0.0
        for row in [0..<3, 3..<6] {
            let shift: Float = row.lowerBound == 0 ? 997 : 0
            let (p, q) = (softmax(a[row].map { $0 + shift }), softmax(b[row].map { $0 + shift }))
            for (p, q) in zip(p, q) where p > 0 { expected += p * log(p / q) }
        }
        let found = try Tensor(.float32, [2, 3], b).divergence(from: Tensor(.float32, [2, 3], a), .logits)
        #expect(abs(found - expected) < 1e-9)
        // A shift of a row changes nothing.
        let shifted = try Tensor(.float32, [2, 3], a.map { $0 + 2 })
            .divergence(from: Tensor(.float32, [2, 3], a), .logits)
        #expect(abs(shifted) < 1e-4)
    }
}
