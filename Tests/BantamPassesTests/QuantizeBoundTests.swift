import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Testing

/// The error bound that ``Quantize`` promises, in float64, over everything a slice can be.
@Suite struct QuantizeBoundTests {
    static let slices: [(name: String, values: [Float])] = {
        var generator = SeededGenerator(seed: 7)
        let noise = normals(1000)
        let huge = Float.greatestFiniteMagnitude
        let tiny = Float.leastNonzeroMagnitude
        var slices: [(String, [Float])] = [
            ("normal", noise),
            ("positive", noise.map(\.magnitude)),
            ("negative", noise.map { -$0.magnitude }),
            ("far from zero", noise.map { $0 + 1000 }),
            ("zero", [Float](repeating: 0, count: 40)),
            ("negative zero", [Float](repeating: -0.0, count: 40)),
            ("constant", [Float](repeating: 0.3, count: 40)),
            ("one", [-1.7]),
            ("huge", noise.map { $0 * 0x1p124 }),
            ("largest", [huge]),
            ("largest of both signs", [huge, -huge, 0, 1, huge / 2]),
            ("largest and a bit", [huge, -huge * 0.999, huge * 0.3]),
            ("largest and less", [huge, -huge * 0.4, huge * 0.1]),
            ("largest below", [-huge, 0, huge * 0.4, huge * 0.39]),
            ("smallest", [tiny]),
            ("smallest of both signs", [tiny, -tiny, 0]),
            ("subnormal", noise.map { $0 * 0x1p-130 }),
            ("few subnormal steps", (0..<200).map { Float($0) * tiny }),
            ("about 1.5 smallest scales", [190 * tiny, -3 * tiny, 95 * tiny]),
            ("about 1.5 smallest scales up", [382 * tiny, 191 * tiny, tiny]),
            ("about 1.5 smallest 16-bit scales", [49150 * tiny, -98301 * tiny, 95 * tiny]),
            ("scale at the edge of the normal", noise.map { $0 * 127 * 0x1p-126 }),
            ("wide", [1e30, 1e-30, -1e20, 1, 0]),
        ]
        for exponent in stride(from: -149, through: 127, by: 3) {
            let scale = Float(sign: .plus, exponent: exponent, significand: 1)
            slices.append(
                (
                    "uniform·2^\(exponent)",
                    (0..<50).map { _ in
                        Float.random(in: -1...1, using: &generator) * scale
                    }
                ))
        }
        for multiple in 1...600 {
            slices.append(("\(multiple) smallest", [Float(multiple) * tiny, -Float(multiple / 3) * tiny]))
        }
        return slices
    }()

    @Test(arguments: [8, 16], [Quantize.Scheme.symmetric, .affine])
    func errorIsAtMostHalfAStep(bits: Int, scheme: Quantize.Scheme) throws {
        let pass = try Quantize(bits: bits, scheme: scheme, granularity: .tensor)
        for (name, values) in QuantizeBoundTests.slices {
            let tensor = Tensor(.float32, [values.count], values)
            let encoding = try pass.apply(to: .dense(tensor), context()).encoding
            guard case .quantized(let quantized) = encoding, case .dense(let codes) = quantized.codes else {
                Issue.record("not quantized")
                return
            }
            let scale = Double(quantized.scales.array(as: Float.self)[0])
            let low = min(0, Double(values.min()!))
            let high = max(0, Double(values.max()!))
            let bound =
                scheme == .symmetric
                ? scale / 2 + max(-low, high) * 0x1p-23 : scale / 2 + (high - low) * 0x1p-22
            let decoded = try encoding.decoded(workers: .one).array(as: Float.self)
            for (value, result) in zip(values, decoded) {
                let error = (Double(value) - Double(result)).magnitude
                #expect(error <= bound, "\(name): \(value) became \(result), scale \(scale)")
                if value == 0 { #expect(result == 0, "\(name)") }
            }
            if scheme == .symmetric {
                let most = bits == 8 ? 127 : 32767
                let found =
                    bits == 8
                    ? codes.array(as: Int8.self).map(Int.init) : codes.array(as: Int16.self).map(Int.init)
                #expect(found.allSatisfy { -most...most ~= $0 }, "\(name)")
            }
            // The scale is not wasteful: at most what the formula says, or a last place more, or a hundredth.
            let steps = scheme == .symmetric ? (bits == 8 ? 127.0 : 32767) : (bits == 8 ? 255 : 65535)
            let extent = scheme == .symmetric ? max(-low, high) : high - low
            #expect(scale <= extent / steps * 1.01 + 0x1p-149, "\(name)")
        }
    }
}
