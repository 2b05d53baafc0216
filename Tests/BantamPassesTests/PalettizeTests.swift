import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamPasses

/// Palettes against brute force, and what they promise of zeros.
@Suite struct PalettizeTests {
    /// The least squared error of any way to cut the sorted values into runs, one of which may be bound to 0.
    private static func leastError(_ sorted: [Double], _ clusters: Int, zero: Bool) -> Double {
        guard !sorted.isEmpty else { return 0 }
        guard clusters > 0 || zero else { return .infinity }
        var least = Double.infinity
        for count in 1...sorted.count {
            let run = sorted[..<count]
            let rest = Array(sorted[count...])
            let mean = run.reduce(0, +) / Double(count)
            if clusters > 0 {
                let error = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                least = min(least, error + leastError(rest, clusters - 1, zero: zero))
            }
            if zero {
                least = min(
                    least, run.reduce(0) { $0 + $1 * $1 } + leastError(rest, clusters, zero: false))
            }
        }
        return least
    }

    @Test(arguments: 1...40) func likeBruteForce(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 2...9, using: &generator)
        let isPruned = seed % 2 == 0
        let values = (0..<count).map { index in
            isPruned && index == 0 ? 0 : Float(Int.random(in: -20...20, using: &generator)) / 4 + 0.125
        }
        for k in 2...5 {
            let encoding = try Palettize(values: k).apply(
                to: .dense(Tensor(.float32, [count], values)), context()
            ).encoding
            let error = try LowBitFixtureTests.squaredError(values, encoding)
            let best = Self.leastError(
                values.map(Double.init).sorted(), isPruned ? k - 1 : k, zero: isPruned)
            #expect((error - best).magnitude <= 1e-5, "\(values), \(k) values")
            if isPruned { #expect(try encoding.decoded(workers: .one).array(as: Float.self)[0] == 0) }
        }
    }

    @Test(arguments: [5000, 200_000]) func whatWasPrunedStaysPruned(count: Int) throws {
        let values = LowBitFixtureTests.numbers(count, seed: 9)
        let pruned = try Prune(.sparsity(0.7)).apply(
            to: .dense(Tensor(.float32, [count / 8, 8], values)), context())
        let encoding = try Palettize(values: 16).apply(to: pruned.encoding, context()).encoding
        let before = try pruned.encoding.decoded(workers: .one).array(as: Float.self)
        let after = try encoding.decoded(workers: .one).array(as: Float.self)
        #expect(zip(before, after).allSatisfy { $0 != 0 || $1 == 0 })
        guard case .palettized(let palettized) = encoding else { throw BantamError(.internal, "no palette") }
        #expect(palettized.zeroIsZero && palettized.codeBits == 4)
    }

    /// More elements than are looked at one by one, wherever they are: against the optimum over all of them.
    @Test(arguments: [0, 1000, 70_000] as [Float]) func binsCostNothing(_ centre: Float) throws {
        let values = LowBitFixtureTests.numbers(70_000, seed: 11).enumerated().map { index, value in
            index % 3 == 0 ? value : centre + value
        }
        let encoding = try Palettize(values: 16).apply(
            to: .dense(Tensor(.float32, [700, 100], values)), context()
        ).encoding
        let error = try LowBitFixtureTests.squaredError(values, encoding)
        // Far apart, so that the sums of either do not drown: the values shared out between the two in every way.
        let parts = [values.filter { $0 < 500 || centre == 0 }, values.filter { $0 >= 500 && centre > 0 }]
        let errors = parts.map { part -> [Double] in
            let mean = part.reduce(0.0) { $0 + Double($1) } / Double(max(1, part.count))
            let sorted = part.map { Double($0) - mean }.sorted()
            let clustering = OptimalClustering(sorted.map { .init(count: 1, sum: $0) }, clusters: 16)
            let energy = sorted.reduce(0) { $0 + $1 * $1 }
            return (0...16).map { count in
                guard !sorted.isEmpty else { return 0 }
                guard count > 0 else { return .infinity }
                var gain = 0.0
                var (start, means) = (0, clustering.means(clusters: count, points: sorted.count))
                for (index, mean) in means.enumerated() {
                    let end =
                        index + 1 < count
                        ? sorted.firstIndex { $0 > (mean + means[index + 1]) / 2 } ?? sorted.count
                        : sorted.count
                    let sum = sorted[start..<end].reduce(0, +)
                    gain += end > start ? sum * sum / Double(end - start) : 0
                    start = end
                }
                means = []
                return energy - gain
            }
        }
        let best = (0...16).map { errors[0][$0] + errors[1][16 - $0] }.min() ?? 0
        // Values are float32, too.
        let rounding = Double(values.count) * Double(centre.ulp / 2) * Double(centre.ulp / 2)
        #expect(error <= best * (1 + 1e-4) + rounding, "\(error), \(best)")
    }

    @Test func threadsAndLevelsDoNotShow() throws {
        let values = LowBitFixtureTests.numbers(300_000, seed: 3)
        for pass in [try Palettize(values: 16), try Palettize(values: 5, rowsPerGroup: 100, dtype: .float16)]
        {
            var first: ([UInt8], [UInt8])?
            for workers in [1, 3] {
                try forEachLevel { _ in
                    let encoding = try pass.apply(
                        to: .dense(Tensor(.float32, [1000, 300], values)), context(workers)
                    ).encoding
                    guard case .palettized(let found) = encoding, case .dense(let codes) = found.codes else {
                        throw BantamError(.internal, "no palette")
                    }
                    let result = (codes.array(as: UInt8.self), Array(found.codebook.storage.bytes))
                    if let first { #expect(first == result) } else { first = result }
                }
            }
        }
    }

    @Test func strangeTensors() throws {
        let cases: [[Float]] = [
            [], [1], [0, 0, 0], [-0.0, 1], [3, 3, 3], [1e30, -1e30, 1e-30], [.leastNonzeroMagnitude, 0, -1],
            (0..<300).map { Float($0) }, (0..<40).map { 1000 + Float($0 % 7) * 0.0001 },
        ]
        for values in cases {
            let encoding = try Palettize(values: 8).apply(
                to: .dense(Tensor(.float32, [values.count], values)), context()
            ).encoding
            let decoded = try encoding.decoded(workers: .one).array(as: Float.self)
            #expect(decoded.count == values.count && decoded.allSatisfy(\.isFinite))
            if Set(values).count <= 8 { #expect(decoded == values) }
        }
        for values in [1, 257] { #expect(bantamError { _ = try Palettize(values: values) } != nil) }
        let error = bantamError {
            _ = try Palettize(values: 4).apply(
                to: .dense(Tensor(.float32, [2], [Float.nan, 1])), context())
        }
        #expect(error?.message == "expected finite values to palettize, found 1 NaN or infinite of 2")
    }

    @Test func tensorsShareOnePalette() throws {
        let tensors = [1, 2].map { Tensor(.float32, [90, 10], LowBitFixtureTests.numbers(900, seed: $0)) }
        let pass = try Palettize(values: 8).sharing(2, workers: .one) { tensors[$0] }
        let all = Tensor(.float32, [1800], tensors.flatMap { $0.array(as: Float.self) })
        let whole = try Palettize(values: 8).apply(to: .dense(all), context()).encoding
        guard case .palettized(let expected) = whole else { throw BantamError(.internal, "no palette") }
        for tensor in tensors {
            guard case .palettized(let found) = try pass.apply(to: .dense(tensor), context()).encoding else {
                throw BantamError(.internal, "no palette")
            }
            #expect(found.codebook.array(as: Float.self) == expected.codebook.array(as: Float.self))
        }
    }
}
