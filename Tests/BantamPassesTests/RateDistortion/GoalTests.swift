import BantamEncodings
import BantamPasses
import BantamTensors
import BantamTestSupport
import Glibc
import Testing

/// Rates and signal-to-noise ratios asked for, against those of the encoded tensor.
@Suite struct GoalTests {
    static let small: [Shape] = [[10, 64], [64, 10]]
    static let large: [Shape] = [[300, 300], [5, 5000]]

    /// Bits per weight and dB of `tensor` encoded for a goal, tables and all.
    private func reached(
        _ goal: RateDistortionTraining.Goal, _ tensor: Tensor
    ) throws -> (rate: Double, sqnr: Double, judged: RateDistortionTraining.Result) {
        let quantization = RateDistortion(code: .states8)
        var training = RateDistortionTraining(quantization, elementCount: tensor.elementCount)
        try training.add(tensor, workers: .one)
        let found = try training.tables(reaching: goal, workers: Workers(2))
        let coded = try quantization.encode(
            tensor, step: found.step, tables: found.tables, workers: Workers(2))
        let values = tensor.array(as: Float.self)
        let decoded = try coded.decoded(workers: .one).array(as: Float.self)
        let (signal, noise) = zip(values, decoded).reduce((0.0, 0.0)) { sums, pair in
            (sums.0 + Double(pair.0 * pair.0), sums.1 + Double((pair.0 - pair.1) * (pair.0 - pair.1)))
        }
        let bytes = coded.indices.byteCount + coded.tables.byteCount
        return (8 * Double(bytes) / Double(tensor.elementCount), 10 * log10(signal / noise), found)
    }

    /// Whole bytes of 640 elements: a word more or less is a fortieth of a bit.
    @Test(arguments: small)
    func fewElements(_ shape: Shape) throws {
        let tensor = RateDistortionTests.Kind.scaled.tensor(shape)
        for rate in [1, 10] {
            let found = try reached(.bitsPerWeight(Double(rate)), tensor).rate
            #expect(abs(found - Double(rate)) <= max(0.02 * Double(rate), 0.026), "\(rate): \(found)")
        }
        for goal in [12.0, 60] {
            let found = try reached(.sqnr(goal), tensor).sqnr
            #expect(abs(found - goal) <= 0.1, "\(goal): \(found)")
        }
    }

    @Test(arguments: large, [1.5, 10]) func more(
        _ shape: Shape, _ rate: Double
    ) throws {
        let tensor = RateDistortionTests.Kind.normal.tensor(shape)
        let found = try reached(.bitsPerWeight(rate), tensor)
        #expect(abs(found.rate / rate - 1) <= 0.01)
        #expect(abs(found.judged.bitsPerWeight - found.rate) <= 0.002 * rate)
        #expect(abs(found.judged.sqnr - found.sqnr) <= 0.02)
    }

    /// Beyond what steps can reach it is the end itself.
    @Test func beyondReach() throws {
        let tensor = RateDistortionTests.Kind.shifted.tensor([60, 40])
        var training = RateDistortionTraining(RateDistortion(code: .states8), elementCount: 2400)
        try training.add(tensor, workers: .one)
        let ends = try training.ends(workers: .one)
        let largest = tensor.array(as: Float.self).map(abs).max() ?? 0
        #expect(abs(ends.finest.step / (largest / 32500) - 1) < 0.002)
        #expect(ends.coarsest.bitsPerWeight < ends.finest.bitsPerWeight)
        for (goal, end) in [
            (RateDistortionTraining.Goal.sqnr(190), ends.finest), (.bitsPerWeight(60), ends.finest),
            (.bitsPerWeight(0.001), ends.coarsest),
        ] {
            let found = try training.tables(reaching: goal, workers: .one)
            #expect(abs(found.bitsPerWeight - end.bitsPerWeight) < 0.05 * end.bitsPerWeight)
            #expect(abs(found.sqnr - end.sqnr) < 0.5)
        }
    }
}
