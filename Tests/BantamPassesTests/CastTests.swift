import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Testing

@Suite struct CastTests {
    @Test func onlyTo16Bits() {
        #expect(
            bantamError { _ = try Cast(to: .float32) }?.message
                == "expected float16 or bfloat16, found float32")
    }

    @Test(arguments: [1, 2, 4]) func everyElementIsRoundedLikeSwift(workers: Int) throws {
        let values = normals(200_003)
        let tensor = Tensor(.float32, [200_003], values)
        let half = try Cast(to: .float16).apply(to: .dense(tensor), context(workers))
        guard case .dense(let halves) = half.encoding else { return }
        #expect(halves.dtype == .float16)
        #expect(halves.array(as: UInt16.self) == values.map { Float16($0).bitPattern })
        #expect(half.notes.isEmpty)
        let brain = try Cast(to: .bfloat16).apply(to: .dense(tensor), context(workers))
        for (value, result) in zip(
            values, try brain.encoding.decoded(workers: .one).float32().array(as: Float.self))
        {
            #expect((value - result).magnitude <= 0x1p-8 * value.magnitude)
        }
    }

    @Test func whatWouldBecomeInfiniteStaysAsItIs() throws {
        let fits = Tensor(.float32, [2], [65504, 65519] as [Float])
        let half = try Cast(to: .float16).apply(to: .dense(fits), context()).encoding
        #expect(try half.decoded(workers: .one).float32().array(as: Float.self) == [65504, 65504])
        let values: [Float] = [65520, -70000, 1]
        let result = try Cast(to: .float16).apply(to: .dense(Tensor(.float32, [3], values)), context())
        #expect(
            result.notes == [
                "not quantized: 2 values beyond 65504, the largest float16, would become infinite"
            ])
        #expect(result.encoding.summary == "float32")
        let brain = try Cast(to: .bfloat16).apply(
            to: .dense(Tensor(.float32, [1], [Float.greatestFiniteMagnitude])), context())
        #expect(brain.encoding.summary == "float32")
    }

    @Test func nonFiniteValuesAreRefusedUnlessKept() throws {
        let strange = Encoding.dense(Tensor(.float32, [3], [1, .nan, .infinity] as [Float]))
        let error = bantamError { _ = try Cast(to: .bfloat16).apply(to: strange, context()) }
        #expect(error?.kind == .corruption)
        #expect(error?.message == "expected finite values to quantize, found 2 NaN or infinite of 3")
        let kept = try Cast(to: .bfloat16, keepingNonFinite: true).apply(to: strange, context())
        #expect(kept.encoding.summary == "float32")
        #expect(kept.notes == ["not quantized: 2 NaN or infinite of 3"])
    }

    @Test func otherFloatsGoThroughFloat32() throws {
        let wide = Tensor(.float64, [2], [1.0 / 3, -2])
        let result = try Cast(to: .bfloat16).apply(to: .dense(wide), context()).encoding
        #expect(try result.decoded(workers: .one).float32().array(as: Float.self) == [0.333984375, -2])
        let same = try Cast(to: .bfloat16).apply(to: result, context()).encoding
        #expect(same.summary == "bfloat16")
        let other = try Cast(to: .float16).apply(to: result, context()).encoding
        #expect(try other.decoded(workers: .one).float32().array(as: Float.self) == [0.333984375, -2])
    }

    @Test func valuesAndFactorsAreCast() throws {
        let pass = try Cast(to: .float16)
        let sparse = try pass.apply(to: .sparse(QuantizePassTests.sparse("csr")), context()).encoding
        #expect(sparse.summary == "csr")
        let decoded = try sparse.decoded(workers: .one)
        #expect(decoded.dtype == .float16)
        #expect(try decoded.float32().array(as: Float.self) == QuantizePassTests.sparseValues)
        let lowRank = LowRank(
            shape: [3, 2], left: .dense(Tensor(.float32, [3, 1], normals(3))),
            right: .dense(Tensor(.float32, [1, 2], normals(2))))
        guard case .lowRank(let found) = try pass.apply(to: .lowRank(lowRank), context()).encoding,
            case .dense(let left) = found.left, case .dense(let right) = found.right
        else {
            Issue.record("not low rank")
            return
        }
        #expect(left.dtype == .float16 && right.dtype == .float16)
    }
}
