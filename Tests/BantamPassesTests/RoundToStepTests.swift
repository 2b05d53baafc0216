import BantamEncodings
import BantamPasses
import BantamTensors
import BantamTestSupport
import Testing

@Suite struct RoundToStepTests {
    private func rounded(
        _ values: [Float], step: Float, deadZone: Float = 0.5, threads: Int = 1
    ) throws -> Quantized {
        let pass = try RoundToStep(step: step, deadZone: deadZone)
        let tensor = Tensor(.float32, [values.count], values)
        guard case .quantized(let result) = try pass.apply(to: .dense(tensor), context(threads)).encoding
        else { throw BantamError(.internal, "not quantized") }
        return result
    }

    private func codes(_ quantized: Quantized) -> [Int] {
        guard case .dense(let tensor) = quantized.codes else { return [] }
        return tensor.dtype == .int8
            ? tensor.array(as: Int8.self).map(Int.init) : tensor.array(as: Int16.self).map(Int.init)
    }

    @Test(arguments: [Float(0.5), 0.6, 0.75, 1]) func thresholdsMoveWithTheDeadZone(deadZone: Float) throws {
        // The same in double: which multiple a magnitude has passed.
        let values = normals(70_000) + [0, -0.0, 3.25, -3.25]
        let result = try rounded(values, step: 0.25, deadZone: deadZone)
        let expected = values.map { value -> Int in
            let magnitude = Double(abs(value)) / 0.25
            let code = (0...).first { Double($0 + 1) - (1 - Double(deadZone)) > magnitude }!
            return value < 0 ? -code : code
        }
        #expect(codes(result) == expected)
        #expect(result.codeBits == 6 && result.zeroPoints == nil)
    }

    @Test func theScaleLeavesTheLeastSquaredError() throws {
        let values = normals(5000, seed: 3)
        let result = try rounded(values, step: 0.7, deadZone: 0.6)
        let codes = codes(result)
        func error(_ scale: Double) -> Double {
            zip(values, codes).reduce(0) { sum, pair in
                let difference = Double(pair.0) - Double(pair.1) * scale
                return sum + difference * difference
            }
        }
        let scale = Double(result.scales.array(as: Float.self)[0])
        #expect(error(scale) <= error(scale * 1.001) && error(scale) <= error(scale * 0.999))
        #expect(error(scale) <= error(0.7))
    }

    @Test func threadsChangeNothing() throws {
        let values = normals(300_000)
        let one = try rounded(values, step: 0.1)
        let four = try rounded(values, step: 0.1, threads: 4)
        #expect(codes(one) == codes(four))
        #expect(one.scales.array(as: Float.self) == four.scales.array(as: Float.self))
    }

    @Test func codesTakeTheBitsTheyNeed() throws {
        for (value, bits) in [(Float(1), 2), (2, 3), (127, 8), (128, 16), (32767, 16)] {
            #expect(try rounded([value, -value], step: 1).codeBits == bits)
        }
        let error = bantamError { _ = try rounded([32768], step: 1) }
        #expect(error?.message == "expected a step of at least 1.000061 for values up to 32768.0, found 1.0")
        // All zeros keep the step.
        #expect(try rounded([0.1, -0.2], step: 1).scales.array(as: Float.self) == [1])
    }

    @Test func valuesThatAreNoNumbersAreRefusedOrKept() throws {
        let error = bantamError { _ = try rounded([1, .nan, .infinity], step: 1) }
        #expect(error?.kind == .corruption)
        #expect(error?.message == "expected finite values to round, found 2 NaN or infinite of 3")
        let keeping = try RoundToStep(step: 1, keepingNonFinite: true)
        let result = try keeping.apply(to: .dense(Tensor(.float32, [1], [Float.nan])), context())
        #expect(result.notes == ["not rounded: 1 NaN or infinite of 1"])
    }

    @Test func parametersOutOfRangeAreRefused() {
        for (step, deadZone) in [
            (Float(0), Float(0.5)), (-1, 0.5), (.nan, 0.5), (.infinity, 0.5), (1, 0.4), (1, 1.1),
        ] {
            #expect(
                bantamError { _ = try RoundToStep(step: step, deadZone: deadZone) }?.kind == .invalidArgument)
        }
    }
}
