import BantamEncodings
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamPasses

/// Ranges, scales and palettes against NumPy, SciPy, scikit-learn and GGUF's Q4_0.
@Suite struct LowBitFixtureTests {
    struct File: Decodable {
        struct Palette: Decodable {
            var count, values: Int
            var seed: UInt64
            var error: Double
        }
        struct Percentile: Decodable {
            var count: Int
            var seed: UInt64
            var share, magnitude: Double
        }
        struct Divergence: Decodable {
            var count, bits: Int
            var seed: UInt64
            var threshold: Double
        }
        struct Errors: Decodable {
            var bits: Int
            var seed: UInt64
            var best, legacy: Double
        }
        var palettes: [Palette]
        var percentiles: [Percentile]
        var divergences: [Divergence]
        var errors: [Errors]
        var normalLevels: [Double]
    }

    let file: File

    init() throws {
        file = try JSONDecoder().decode(
            File.self, from: Data(contentsOf: fixtures().appendingPathComponent("low_bits.json")))
    }

    static func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let sum = (0..<4).reduce(0.0) { sum, _ in sum + Double(generator.next() >> 40) }
            let y = sum / 16_777_216 - 2
            return Float(y * y.magnitude)
        }
    }

    static func squaredError(_ values: [Float], _ encoding: Encoding) throws -> Double {
        zip(values, try encoding.decoded(workers: .one).array(as: Float.self)).reduce(0) {
            let difference = Double($1.0) - Double($1.1)
            return $0 + difference * difference
        }
    }

    @Test func palettesAreNeverWorseThanTwentyRestarts() throws {
        #expect(file.palettes.count == 6)
        for fixture in file.palettes {
            let values = Self.numbers(fixture.count, seed: fixture.seed)
            let tensor = Tensor(.float32, [fixture.count / 4, 4], values)
            let encoding = try Palettize(values: fixture.values).apply(to: .dense(tensor), context()).encoding
            let error = try Self.squaredError(values, encoding)
            // float32 values against scikit-learn's doubles.
            #expect(
                error <= fixture.error * (1 + 1e-6), "\(fixture.count) elements, \(fixture.values) values")
        }
    }

    @Test func percentilesAreNumPys() throws {
        for fixture in file.percentiles {
            let values = Self.numbers(fixture.count, seed: fixture.seed)
            let pass = try Quantize(bits: 4, granularity: .tensor, range: .percentile(fixture.share))
            let encoding = try pass.apply(
                to: .dense(Tensor(.float32, [fixture.count], values)), context()
            ).encoding
            guard case .quantized(let quantized) = encoding else {
                throw BantamError(.internal, "not quantized")
            }
            #expect(quantized.scales.array(as: Float.self) == [Float(fixture.magnitude) / 7])
        }
    }

    @Test func divergencesAreTheHistogramMethods() throws {
        for fixture in file.divergences {
            let values = Self.numbers(fixture.count, seed: fixture.seed)
            let found = values.withUnsafeBufferPointer {
                DivergenceRange.threshold(of: $0, bits: fixture.bits)
            }
            #expect(Double(found).isClose(to: fixture.threshold, within: 1e-6), "\(fixture.count)")
        }
    }

    @Test func leastSquaresComesNearTheBestAndBeatsQ4() throws {
        for fixture in file.errors {
            let values = Self.numbers(64 * 32, seed: fixture.seed)
            let tensor = Tensor(.float32, [8, 256], values)
            func error(_ range: ClippingRange, _ scales: ScaleFormat) throws -> Double {
                let pass = try Quantize(
                    bits: fixture.bits, granularity: .group(32), range: range, scales: scales)
                return try Self.squaredError(values, pass.apply(to: .dense(tensor), context()).encoding)
            }
            let least = try error(.leastSquares, .float32)
            #expect(least <= fixture.best * 1.05, "\(fixture.bits) bits: \(least) and \(fixture.best)")
            #expect(try least < error(.extent, .float32))
            if fixture.bits == 4 { #expect(try error(.leastSquares, .float16) < 0.95 * fixture.legacy) }
        }
    }

    @Test func normalLevelsAreQuantiles() {
        #expect(file.normalLevels.count == 16)
        for (found, expected) in zip(QuantizeToLevels.normalLevels, file.normalLevels) {
            #expect(Double(found).isClose(to: expected, within: 1e-5))
        }
    }

    @Test func logarithmsAreRight() {
        for exponent in stride(from: -300.0, through: 300, by: 0.37) {
            let x = pow(10, exponent)
            #expect(
                (DivergenceRange.naturalLogarithm(x) - log(x)).magnitude <= 1e-12 * max(1, log(x).magnitude))
        }
    }
}

extension Double {
    fileprivate func isClose(to other: Double, within tolerance: Double) -> Bool {
        (self - other).magnitude <= tolerance * max(1, other.magnitude)
    }
}
