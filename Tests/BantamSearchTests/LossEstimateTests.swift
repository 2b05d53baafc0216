import BantamSearch
import Testing

@Suite struct LossEstimateTests {
    @Test func meanAndVarianceAreThoseOfAllCompressions() {
        let estimate = LossEstimate([[1, 0, -1, 0], [1, 1, 0, 0]], isCount: false)
        #expect(estimate.mean == 0.25)
        #expect(estimate.variance == 4.0 / 8 - 0.0625)
        let counted = LossEstimate([[0, 0, 0, 0]], isCount: true)
        #expect(counted.mean == 1.0 / 16 && counted.variance == 0)
    }

    /// Against the chance itself, by adding up what a thousand samples can show: losses are binomial.
    @Test(arguments: [0.001, 0.01, 0.05, 0.2]) func whatIsKeptIsKeptNineTimesInTen(share: Double) {
        let samples = 1000
        let lost = Int(share * Double(samples))
        let losses = (0..<samples).map { $0 < lost ? 1.0 : 0.0 }
        let estimate = LossEstimate([losses], isCount: false)
        // The least loss that may be promised.
        let limit = (0...samples).first {
            estimate.keeps(Double($0) / Double(samples), on: samples, isCount: true)
        }
        var chance = 0.0
        var term = Double.pow(1 - share, samples)
        for count in 0...(limit ?? 0) {
            chance += term
            term *= Double(samples - count) / Double(count + 1) * share / (1 - share)
        }
        #expect((0.87...0.96).contains(chance))
    }

    @Test func gainsAndNonsenseAreNotBelieved() {
        #expect(LossEstimate([[-1, -1, -1, -1]], isCount: false).keeps(0, on: 4, isCount: true))
        #expect(!LossEstimate([[.nan, 0]], isCount: false).keeps(1, on: 4, isCount: false))
        #expect(!LossEstimate([[.infinity, 0]], isCount: false).keeps(1, on: 4, isCount: false))
        // One lost in seven compressions of 300 samples is too much where nothing may be.
        let quiet = [Double](repeating: 0, count: 300)
        #expect(LossEstimate([quiet, quiet], isCount: true).keeps(0, on: 300, isCount: true))
        let lost = [1] + [Double](repeating: 0, count: 299)
        #expect(
            !LossEstimate([lost] + [[Double]](repeating: quiet, count: 6), isCount: true).keeps(
                0, on: 300, isCount: true))
    }
}

extension Double {
    fileprivate static func pow(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { result, _ in result * base }
    }
}
