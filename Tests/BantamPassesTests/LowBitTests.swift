import BantamEncodings
import BantamPasses
import BantamTensors
import BantamTestSupport
import Testing

/// Codes of 2 to 8 bits against plain Swift, and the bounds that are promised.
@Suite struct LowBitTests {
    private func quantized(_ pass: some Pass, _ tensor: Tensor, _ workers: Int = 1) throws -> Quantized {
        guard case .quantized(let quantized) = try pass.apply(to: .dense(tensor), context(workers)).encoding
        else { throw BantamError(.internal, "not quantized") }
        return quantized
    }

    @Test(arguments: 2...8, [Quantize.Scheme.symmetric, .affine])
    func errorIsAtMostHalfAStep(bits: Int, scheme: Quantize.Scheme) throws {
        for (name, values) in QuantizeBoundTests.slices {
            let pass = try Quantize(bits: bits, scheme: scheme, granularity: .tensor, rotation: nil)
            let found = try quantized(pass, Tensor(.float32, [values.count], values))
            let scale = Double(found.scales.array(as: Float.self)[0])
            let low = min(0, Double(values.min()!))
            let high = max(0, Double(values.max()!))
            let bound =
                scheme == .symmetric
                ? scale / 2 + max(-low, high) * 0x1p-23 : scale / 2 + (high - low) * 0x1p-22
            let decoded = try found.decoded(workers: .one).array(as: Float.self)
            for (value, result) in zip(values, decoded) {
                #expect((Double(value) - Double(result)).magnitude <= bound, "\(name): \(value)")
                if value == 0 { #expect(result == 0, "\(name)") }
            }
        }
    }

    /// The nearest code for the scale that was found, whatever way it was found.
    @Test(arguments: [ClippingRange.extent, .leastSquares, .percentile(90), .leastDivergence])
    func codesAreTheNearest(range: ClippingRange) throws {
        let values = normals(5 * 77, seed: 4)
        for scheme in [Quantize.Scheme.symmetric, .affine]
        where range != .leastDivergence || scheme == .symmetric {
            for granularity in [Quantized.Granularity.tensor, .channel, .group(5), .group(32)] {
                for (bits, scales) in [(2, ScaleFormat.float32), (3, .float16), (4, .int8), (8, .float16)] {
                    let pass = try Quantize(
                        bits: bits, scheme: scheme, granularity: granularity, range: range, scales: scales)
                    var first: [UInt8]?
                    try forEachLevel { level in
                        let found = try quantized(pass, Tensor(.float32, [5, 77], values), 1 + level)
                        guard case .dense(let codes) = found.codes else { return }
                        let scaleValues = found.scales.array(as: Float.self)
                        let slices = granularity.slicing(of: [5, 77])
                        let runs = (slices.columns - 1) / slices.length + 1
                        for (index, code) in codes.array(as: Int8.self).enumerated() {
                            let run = index / slices.columns * runs + index % slices.columns / slices.length
                            let zero = Int(found.zeroPoints?.array(as: Int8.self)[run] ?? 0)
                            let limit = 1 << (bits - 1)
                            let nearest = (values[index] / scaleValues[run]).rounded(.toNearestOrEven)
                            let expected = max(
                                -limit, min(limit - 1, Int(max(-1e6, min(1e6, nearest))) + zero))
                            #expect(Int(code) == expected, "\(bits) bits, \(granularity), level \(level)")
                        }
                        let bytes = Array(codes.storage.bytes) + Array(found.scales.storage.bytes)
                        if let first { #expect(first == bytes) } else { first = bytes }
                    }
                }
            }
        }
    }

    @Test func rotationSpreadsOutliers() throws {
        var values = normals(64 * 256, seed: 8)
        for row in 0..<64 { values[row * 256 + row] = 40 }
        let tensor = Tensor(.float32, [64, 256], values)
        func error(_ rotation: HadamardRotation?) throws -> Double {
            let pass = try Quantize(bits: 4, rotation: rotation)
            return try LowBitFixtureTests.squaredError(values, .quantized(quantized(pass, tensor)))
        }
        #expect(try error(HadamardRotation(seed: 1)) < 0.5 * error(nil))
    }

    @Test(arguments: QuantizeToLevels.Levels.allCases) func levelsKeepTheirBound(
        levels: QuantizeToLevels.Levels
    ) throws {
        let values = normals(8 * 200, seed: 6)
        for granularity in [Quantized.Granularity.tensor, .channel, .group(64)] {
            let pass = try QuantizeToLevels(levels, granularity: granularity)
            let found = try quantized(pass, Tensor(.float32, [8, 200], values))
            let scales = found.scales.array(as: Float.self)
            let slices = granularity.slicing(of: [8, 200])
            let runs = (slices.columns - 1) / slices.length + 1
            for (index, result) in try found.decoded(workers: .one).array(as: Float.self).enumerated() {
                let scale = scales[index / slices.columns * runs + index % slices.columns / slices.length]
                let value = values[index]
                let bound =
                    switch levels {
                    case .e4m3: 0x1p-4 * value.magnitude + 0x1p-10 * scale
                    case .e5m2: 0x1p-3 * value.magnitude + 0x1p-17 * scale
                    case .nf4: 0.152 * scale
                    }
                #expect((value - result).magnitude <= bound * 1.0001)
            }
        }
    }

    @Test func scalesThatDoNotFitStayAsTheyAre() throws {
        let tiny = normals(64 * 32).map { $0 * 1e-12 }
        let pass = try Quantize(bits: 4, granularity: .group(8), scales: .float16)
        let result = try pass.apply(to: .dense(Tensor(.float32, [64, 32], tiny)), context())
        #expect(result.notes == ["scales kept float32: float16 cannot hold them all"])
        let few = try Quantize(bits: 4, scales: .int8).apply(
            to: .dense(Tensor(.float32, [64, 32], normals(64 * 32))), context())
        #expect(few.notes == ["scales held as float16: 64 are too few to quantize them"])
    }

    @Test func whatDoesNotGoTogetherIsRefused() {
        func message(_ body: () throws -> Void) -> String? { bantamError(body)?.message }
        #expect(
            message { _ = try Quantize(bits: 4, scheme: .affine, range: .leastDivergence) }
                == "expected the symmetric scheme for the range kl, found affine")
        #expect(
            message { _ = try Quantize(bits: 4, range: .percentile(40)) }
                == "expected a percentile above 50 up to 100, found 40.0")
        #expect(message { _ = try Quantize(bits: 16, range: .leastSquares) } != nil)
        for bits in [-1, 0, 1, 9, 15, 17] { #expect(message { _ = try Quantize(bits: bits) } != nil) }
        let nan = Tensor(.float32, [2, 2], [1, Float.nan, 2, 3])
        for rotation in [nil, HadamardRotation(seed: 0)] {
            #expect(
                message { _ = try Quantize(bits: 4, rotation: rotation).apply(to: .dense(nan), context()) }
                    == "expected finite values to quantize, found 1 NaN or infinite of 4")
        }
    }

    @Test func sparseAndLowRankNest() throws {
        let dense = Tensor(.float32, [6, 40], normals(240).map { $0.magnitude < 1 ? 0 : $0 })
        let sparse = Encoding.sparse(try Sparse(dense, as: .bitmask))
        let passes: [any Pass] = [
            try Quantize(bits: 3, range: .leastSquares), try Quantize(bits: 5, granularity: .group(16)),
            try QuantizeToLevels(.nf4), try Palettize(values: 8),
        ]
        for pass in passes {
            let result = try pass.apply(to: sparse, context()).encoding
            let decoded = try result.decoded(workers: .one)
            #expect(decoded.shape == [6, 40])
            #expect(
                zip(dense.array(as: Float.self), decoded.array(as: Float.self)).allSatisfy {
                    $0 != 0 || $1 == 0
                })
            let factors = LowRank(
                shape: [6, 5], left: .dense(Tensor(.float32, [6, 2], normals(12))),
                right: .dense(Tensor(.float32, [2, 5], normals(10))))
            #expect(
                try pass.apply(to: .lowRank(factors), context()).encoding.decoded(workers: .one).shape == [
                    6, 5,
                ])
        }
    }
}
