import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Testing

/// What the pass does with every kind of encoding and dtype, and what it refuses.
@Suite struct QuantizePassTests {
    @Test func parametersAreChecked() {
        #expect(bantamError { _ = try Quantize(bits: 9) }?.message == "expected 2 to 8 or 16 bits, found 9")
        #expect(
            bantamError { _ = try Quantize(bits: 8, granularity: .group(0)) }?.message
                == "expected groups of at least 1 element, found 0")
    }

    @Test(arguments: [DType.float64, .float16, .bfloat16, .float8E4M3, .float8E5M2])
    func everyFloatTypeIsTakenAsFloat32(dtype: DType) throws {
        let narrow = try Tensor(.float32, [4, 25], normals(100)).float32(roundedTo: dtype)
        let pass = try Quantize(bits: 8)
        let direct = try pass.apply(to: .dense(narrow), context()).encoding.decoded(workers: .one)
        let widened = try pass.apply(to: .dense(narrow.float32()), context()).encoding.decoded(workers: .one)
        #expect(direct.array(as: Float.self) == widened.array(as: Float.self))
        #expect(direct.dtype == .float32)
    }

    @Test(arguments: [DType.int64, .bool, .complex64, .float4, .float8E8M0])
    func otherTypesAreRefused(dtype: DType) throws {
        let count = Tensor.byteCount(dtype, [8])!
        let tensor = Tensor(
            dtype, [8], Storage(byteCount: count) { $0.initializeMemory(as: UInt8.self, repeating: 0) })
        for pass in [try Quantize(bits: 8) as any Pass, try Cast(to: .float16), try Prune(.sparsity(0.5))] {
            let error = bantamError { _ = try pass.apply(to: .dense(tensor), context()) }
            #expect(error?.kind == .invalidArgument)
            #expect(error?.message == "expected a float tensor, found \(dtype.rawValue)")
        }
    }

    @Test func nonFiniteIsAnErrorOrKept() throws {
        let tensor = Tensor(.float32, [2, 3], [1, .nan, 2, -.infinity, 3, .nan] as [Float])
        for granularity in [Quantized.Granularity.tensor, .channel, .group(2)] {
            let error = bantamError {
                _ = try Quantize(bits: 8, granularity: granularity).apply(to: .dense(tensor), context())
            }
            #expect(error?.kind == .corruption)
            #expect(error?.message == "expected finite values to quantize, found 3 NaN or infinite of 6")
        }
        let kept = try Quantize(bits: 8, keepingNonFinite: true).apply(to: .dense(tensor), context())
        #expect(kept.notes == ["not quantized: 3 NaN or infinite of 6"])
        guard case .dense(let same) = kept.encoding else {
            Issue.record("not kept")
            return
        }
        #expect(same.array(as: UInt32.self) == tensor.array(as: UInt32.self))
        let factors = LowRank(
            shape: [2, 2], left: .dense(Tensor(.float32, [2, 1], [1, 2] as [Float])),
            right: .dense(Tensor(.float32, [1, 2], [.nan, 2] as [Float])))
        let whole = try Quantize(bits: 8, keepingNonFinite: true).apply(to: .lowRank(factors), context())
        #expect(whole.encoding.summary == "low-rank")
        #expect(whole.notes == ["not quantized: 1 NaN or infinite of 2"])
    }

    @Test(
        arguments: [[0], [0, 5], [5, 0], [2, 0, 3]], [Quantized.Granularity.tensor, .channel, .group(4)])
    func emptyTensorsPass(axes: [Int], granularity: Quantized.Granularity) throws {
        let tensor = Tensor(.float32, Shape(axes), [] as [Float])
        for scheme in [Quantize.Scheme.symmetric, .affine] {
            let result = try Quantize(bits: 8, scheme: scheme, granularity: granularity)
                .apply(to: .dense(tensor), context()).encoding
            guard case .quantized(let quantized) = result else { return }
            #expect(quantized.scales.array(as: Float.self).allSatisfy { $0 == 0 })
            #expect(try result.decoded(workers: .one).shape == tensor.shape)
        }
    }

    @Test func scalarsAndHugeGroupsPass() throws {
        let scalar = Tensor(.float32, [], [2.5] as [Float])
        for granularity in [Quantized.Granularity.tensor, .channel, .group(.max)] {
            let result = try Quantize(bits: 8, granularity: granularity).apply(to: .dense(scalar), context())
            let decoded = try result.encoding.decoded(workers: .one)
            #expect(decoded.shape == [])
            #expect((decoded.array(as: Float.self)[0] - 2.5).magnitude <= 1e-6)
        }
    }

    /// A sparse tensor with some empty slices.
    static let sparseValues: [Float] = [0, 0, 3, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0, -0.125, 0, 7, 0, 0, 1]

    static func sparse(_ format: String) -> Sparse {
        let values = sparseValues.filter { $0 != 0 }
        let positions: Sparse.Positions
        switch format {
        case "csr":
            positions = .csr(
                rowPointers: Tensor(.uint8, [5], [0, 2, 2, 4, 6] as [UInt8]),
                columnIndices: Tensor(.uint8, [6], [2, 3, 2, 4, 1, 4] as [UInt8]))
        case "bitmask":
            positions = .bitmask(Tensor(.uint8, [3], [0b0000_1100, 0b0101_0000, 0b0000_1001] as [UInt8]))
        default:
            positions = .relative(Tensor(.uint8, [6], [2, 0, 8, 1, 1, 2] as [UInt8]))
        }
        return Sparse(shape: [4, 5], positions: positions, values: .dense(Tensor(.float32, [6], values)))
    }

    @Test(arguments: ["csr", "bitmask", "relative"], [8, 16])
    func sparsePerChannelIsDensePerChannel(format: String, bits: Int) throws {
        let dense = Tensor(.float32, [4, 5], QuantizePassTests.sparseValues)
        let pass = try Quantize(bits: bits)
        let expected = try pass.apply(to: .dense(dense), context()).encoding
        let found = try pass.apply(to: .sparse(QuantizePassTests.sparse(format)), context()).encoding
        #expect(found.summary == "quantized>\(format)")
        guard case .quantized(let sparse) = found, case .quantized(let plain) = expected else {
            Issue.record("not quantized")
            return
        }
        #expect(sparse.scales.array(as: Float.self) == plain.scales.array(as: Float.self))
        #expect(sparse.scales.shape == [4])
        #expect(
            try found.decoded(workers: .one).array(as: Float.self)
                == expected.decoded(workers: .one).array(as: Float.self))
        let error = bantamError {
            _ = try Quantize(bits: bits, scheme: .affine).apply(
                to: .sparse(QuantizePassTests.sparse(format)), context())
        }
        #expect(error?.message.hasPrefix("expected the symmetric scheme for a sparse tensor") == true)
    }

    @Test(arguments: [Quantized.Granularity.tensor, .group(2)], [Quantize.Scheme.symmetric, .affine])
    func sparseValuesAreAVector(granularity: Quantized.Granularity, scheme: Quantize.Scheme) throws {
        let sparse = QuantizePassTests.sparse("csr")
        let pass = try Quantize(bits: 16, scheme: scheme, granularity: granularity)
        let found = try pass.apply(to: .sparse(sparse), context()).encoding
        #expect(found.summary == "csr>quantized")
        guard case .dense(let values) = sparse.values else { return }
        let vector = try pass.apply(to: .dense(values), context()).encoding.decoded(workers: .one)
        let decoded = try found.decoded(workers: .one).array(as: Float.self)
        #expect(decoded.filter { $0 != 0 } == vector.array(as: Float.self))
        #expect(decoded.map { $0 == 0 } == QuantizePassTests.sparseValues.map { $0 == 0 })
    }

    @Test func contradictoryPositionsAreRefused() throws {
        let shape: Shape = [4, 5]
        let values = Encoding.dense(Tensor(.float32, [6], normals(6)))
        let columns = Tensor(.uint8, [6], [UInt8](repeating: 0, count: 6))
        func gaps(_ gaps: [UInt8]) -> Sparse.Positions { .relative(Tensor(.uint8, [gaps.count], gaps)) }
        func pointers(_ pointers: [UInt8]) -> Sparse.Positions {
            .csr(rowPointers: Tensor(.uint8, [pointers.count], pointers), columnIndices: columns)
        }
        for positions in [
            pointers([0, 2, 2, 4]), pointers([0, 2, 2, 4, 5]), pointers([0, 3, 2, 4, 6]),
            pointers([1, 2, 2, 4, 6]),
            .bitmask(Tensor(.uint8, [2], [0xff, 0xff] as [UInt8])),
            .bitmask(Tensor(.uint8, [3], [0x0f, 0, 0x30] as [UInt8])),
            gaps([2, 0, 8, 1, 1]), gaps([2, 0, 8, 1, 1, 200]), gaps([255, 2, 0, 8, 1, 1, 2]),
        ] {
            let sparse = Sparse(shape: shape, positions: positions, values: values)
            let error = bantamError { _ = try Quantize(bits: 8).apply(to: .sparse(sparse), context()) }
            #expect(error?.kind == .corruption)
        }
    }

    @Test func bothFactorsAreQuantized() throws {
        let lowRank = LowRank(
            shape: [6, 4], left: .dense(Tensor(.float32, [6, 2], normals(12))),
            right: .dense(Tensor(.float32, [2, 4], normals(8, seed: 2))))
        let result = try Quantize(bits: 8).apply(to: .lowRank(lowRank), context()).encoding
        #expect(result.summary == "low-rank>quantized")
        guard case .lowRank(let found) = result, case .quantized(let left) = found.left,
            case .quantized(let right) = found.right
        else { return }
        #expect(left.scales.shape == [6])
        #expect(right.scales.shape == [2])
    }

    @Test func quantizedIsRefused() throws {
        let pass = try Quantize(bits: 8)
        let once = try pass.apply(to: .dense(Tensor(.float32, [2, 2], normals(4))), context()).encoding
        for later in [pass as any Pass, try Cast(to: .bfloat16), try Prune(.sparsity(0.5))] {
            #expect(bantamError { _ = try later.apply(to: once, context()) }?.kind == .invalidArgument)
        }
        let sparse = try Quantize(bits: 8, granularity: .tensor)
            .apply(to: .sparse(QuantizePassTests.sparse("csr")), context()).encoding
        #expect(
            bantamError { _ = try pass.apply(to: sparse, context()) }?.message
                == "expected plain values to quantize, found quantized")
    }
}
