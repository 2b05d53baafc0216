import BantamEncodings
import BantamPasses
import BantamTensors
import BantamTestSupport
import Glibc
import Testing

/// Indices as an array of codes.
@Suite struct TrellisCodesTests {
    private func codes(
        _ tensor: Tensor, _ code: TrellisCode = .states64, step: Float, workers: Workers = .one
    ) throws -> Quantized? {
        let quantization = RateDistortion(code: code)
        var training = RateDistortionTraining(quantization, elementCount: tensor.elementCount)
        try training.add(tensor, workers: workers)
        let tables = try training.tables(step: step, workers: workers).tables
        return try quantization.codes(of: tensor, step: step, tables: tables, workers: workers)
    }

    private func squaredError(_ tensor: Tensor, _ quantized: Quantized) throws -> Double {
        let found = try quantized.decoded(workers: .one).array(as: Float.self)
        return zip(tensor.array(as: Float.self), found).reduce(0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
        }
    }

    @Test(arguments: RateDistortionTests.Kind.allCases, TrellisCode.allCases)
    func theErrorIsThatOfTheStep(_ kind: RateDistortionTests.Kind, _ code: TrellisCode) throws {
        for shape in [[], [3, 0], [37], [33, 17], [60, 40]] as [Shape] {
            let tensor = kind.tensor(shape)
            let quantized = try #require(try codes(tensor, code, step: 1.5))
            #expect(quantized.codes.shape == shape && quantized.trellis == code)
            // The nearest two levels of a quantizer and parity are four steps apart.
            let limit = 4.0 * 1.5 * 1.5 * Double(tensor.elementCount)
            #expect(try squaredError(tensor, quantized) <= limit)
        }
    }

    /// The scale is where the derivative of the squared error is zero: a little more or less is worse.
    @Test func theScaleIsTheBest() throws {
        let tensor = RateDistortionTests.Kind.scaled.tensor([64, 40])
        var quantized = try #require(try codes(tensor, step: 0.8))
        let best = try squaredError(tensor, quantized)
        let scale = quantized.scales.array(as: Float.self)[0]
        for factor in [Float(0.999), 1.001] {
            quantized.scales = Tensor(.float32, [], [scale * factor])
            #expect(try squaredError(tensor, quantized) > best)
        }
    }

    @Test func prunedZerosStayZero() throws {
        let tensor = RateDistortionTests.Kind.sparse.tensor([120, 50])
        let found = try #require(try codes(tensor, step: 0.3)).decoded(workers: .one).array(as: Float.self)
        for (value, back) in zip(tensor.array(as: Float.self), found) where value == 0 { #expect(back == 0) }
    }

    @Test func threadsDoNotMatter() throws {
        let tensor = RateDistortionTests.Kind.normal.tensor([350, 200])
        let one = try #require(try codes(tensor, step: 0.7))
        let three = try #require(try codes(tensor, step: 0.7, workers: Workers(3)))
        #expect(
            try one.decoded(workers: .one).storage.bytes.elementsEqual(
                three.decoded(workers: .one).storage.bytes))
    }

    /// 64 states are worth over half a dB to rounding with the same entropy of what is stored.
    @Test func aTrellisIsWorthMoreThanRounding() throws {
        let tensor = RateDistortionTests.Kind.normal.tensor([200, 100])
        let trellis = try #require(try codes(tensor, step: 0.25))
        var step: Float = 0.25
        var rounded: Quantized?
        let context = PassContext(workers: .one, storedBytes: { _ in 0 })
        while rounded == nil || entropy(rounded!) > entropy(trellis) {
            step *= 1.01
            let encoding = try RoundToStep(step: step).apply(to: .dense(tensor), context).encoding
            if case .quantized(let found) = encoding { rounded = found }
        }
        let gain = try squaredError(tensor, try #require(rounded)) / squaredError(tensor, trellis)
        #expect(gain > 1.12, "\(gain)")
    }

    /// Bits of all codes by their own frequencies.
    private func entropy(_ quantized: Quantized) -> Double {
        guard case .dense(let codes) = quantized.codes, codes.dtype == .int8 else { return .infinity }
        var counts: [Int8: Int] = [:]
        for code in codes.array(as: Int8.self) { counts[code, default: 0] += 1 }
        let total = Double(codes.elementCount)
        return counts.values.reduce(0) { $0 - Double($1) * log2(Double($1) / total) }
    }

    @Test func indicesOfMoreThanEightBitsAreLeftToTables() throws {
        let tensor = RateDistortionTests.Kind.normal.tensor([40, 30])
        #expect(try codes(tensor, step: 0.001) == nil)
    }

    @Test func theFormIsThatAskedForOrTheSmallest() throws {
        let quantization = RateDistortion(code: .states8)
        func kind(_ tensor: Tensor, _ form: TrellisQuantize.IndexForm, codesAreSmaller: Bool) throws -> String
        {
            var training = RateDistortionTraining(quantization, elementCount: tensor.elementCount)
            try training.add(tensor, workers: .one)
            let tables = try training.tables(step: 0.7, workers: .one).tables
            let context = PassContext(workers: .one) { $0.summary == "trellis" ? 2 : codesAreSmaller ? 1 : 3 }
            return try TrellisQuantize(quantization, step: 0.7, tables: tables, form: form)
                .apply(to: .dense(tensor), context).encoding.summary
        }
        let small = RateDistortionTests.Kind.normal.tensor([40, 30])
        #expect(try kind(small, .tables, codesAreSmaller: true) == "trellis")
        #expect(try kind(small, .codes, codesAreSmaller: false) == "trellis-codes")
        #expect(try kind(small, .smallest, codesAreSmaller: true) == "trellis-codes")
        #expect(try kind(small, .smallest, codesAreSmaller: false) == "trellis")
        // Of large tensors only sparse ones are tried.
        let large = RateDistortionTests.Kind.normal.tensor([257, 256])
        #expect(try kind(large, .smallest, codesAreSmaller: true) == "trellis")
        var values = [Float](repeating: 0, count: 257 * 256)
        for index in stride(from: 0, to: values.count, by: 50) { values[index] = 1.5 }
        let sparse = Tensor(.float32, [257, 256], values)
        #expect(try kind(sparse, .smallest, codesAreSmaller: true) == "trellis-codes")
    }
}
