import BantamEncodings
import BantamTestSupport
import BantamTensors
import Testing

/// Decoding by the formula, and parts out of a file that do not fit each other.
@Suite struct QuantizedDecodingTests {
    private let codes: [Int8] = [-128, -127, -1, 0, 1, 2, 126, 127, 5, -5, 7, 0]

    private func quantized(
        _ codes: Encoding? = nil, scales: Tensor? = nil, zeroPoints: Tensor? = nil,
        _ granularity: Quantized.Granularity = .channel
    ) -> Quantized {
        Quantized(
            codes: codes ?? .dense(Tensor(.int8, [3, 4], self.codes)),
            scales: scales ?? Tensor(.float32, [3], [0.5, 3, 0] as [Float]), zeroPoints: zeroPoints,
            granularity: granularity)
    }

    @Test func everyGranularity() throws {
        let channel = try quantized().decoded(workers: .one)
        #expect(channel.shape == [3, 4])
        #expect(channel.array(as: Float.self) == [-64, -63.5, -0.5, 0, 3, 6, 378, 381, 0, 0, 0, 0])
        let tensor = quantized(
            scales: Tensor(.float32, [], [2] as [Float]), zeroPoints: Tensor(.int8, [], [-128] as [Int8]),
            .tensor)
        #expect(
            try tensor.decoded(workers: .one).array(as: Float.self) == codes.map { (Float($0) + 128) * 2 })
        let group = quantized(
            scales: Tensor(.float32, [3, 2], [1, 10, 2, 20, 3, 30] as [Float]),
            zeroPoints: Tensor(.int8, [3, 2], [0, 1, 0, 2, 0, 3] as [Int8]), .group(3))
        #expect(
            try group.decoded(workers: .one).array(as: Float.self)
                == [-128, -127, -1, -10, 2, 4, 252, 2500, 15, -15, 21, -90])
    }

    @Test func int16TakesTheWholeRange() throws {
        let codes: [Int16] = [-32768, 32767, 0]
        let quantized = quantized(
            .dense(Tensor(.int16, [1, 3], codes)), scales: Tensor(.float32, [1], [0x1p-10] as [Float]),
            zeroPoints: Tensor(.int16, [1], [32767] as [Int16]))
        #expect(
            try quantized.decoded(workers: .one).array(as: Float.self)
                == [-65535 * 0x1p-10, 0, -32767 * 0x1p-10])
    }

    @Test func sparseCodesAreWrittenOut() throws {
        let sparse = Sparse(
            shape: [3, 4], positions: .bitmask(Tensor(.uint8, [2], [0b1000_0001, 0b0000_0010] as [UInt8])),
            values: .dense(Tensor(.int8, [3], [4, -6, 9] as [Int8])))
        let quantized = quantized(.sparse(sparse))
        #expect(
            try quantized.decoded(workers: .one).array(as: Float.self)
                == [2, 0, 0, 0, 0, 0, 0, -18, 0, 0, 0, 0])
    }

    @Test func partsThatDoNotFitAreRefused() {
        let cases: [(Quantized, String)] = [
            (quantized(nil, .group(0)), "expected groups of at least 1 element, found 0"),
            (quantized(nil, .group(3)), "expected float32 3×2 scales, found float32 3"),
            (quantized(nil, .tensor), "expected float32 scalar scales, found float32 3"),
            (
                quantized(scales: Tensor(.float64, [3], [1, 2, 3] as [Double])),
                "expected float32 3 scales, found float64 3"
            ),
            (
                quantized(zeroPoints: Tensor(.int8, [2], [1, 2] as [Int8])),
                "expected int8 3 zero points, found int8 2"
            ),
            (
                quantized(zeroPoints: Tensor(.int16, [3], [1, 2, 3] as [Int16])),
                "expected int8 3 zero points, found int16 3"
            ),
            (
                quantized(.dense(Tensor(.uint8, [3, 4], [UInt8](repeating: 0, count: 12)))),
                "expected int8, int16, float8 or palettized codes, found uint8 ones"
            ),
            (
                quantized(.quantized(quantized())),
                "expected int8, int16, float8 or palettized codes, found quantized ones"
            ),
        ]
        for (quantized, message) in cases {
            let error = bantamError { _ = try quantized.decoded(workers: .one) }
            #expect(error?.kind == .corruption)
            #expect(error?.message == message)
        }
    }

    @Test func aHugeGroupIsARow() throws {
        let quantized = quantized(scales: Tensor(.float32, [3, 1], [1, 2, 3] as [Float]), .group(.max))
        #expect(try quantized.decoded(workers: .one).array(as: Float.self)[8] == 15)
    }

    @Test func emptyTensorsDecode() throws {
        let none = quantized(
            .dense(Tensor(.int8, [3, 0], [] as [Int8])), scales: Tensor(.float32, [3], [0, 0, 0] as [Float]))
        #expect(try none.decoded(workers: .one).shape == [3, 0])
    }

    @Test func denseStaysAsItIs() throws {
        let tensor = Tensor(.bfloat16, [2], [1, 2] as [UInt16])
        let decoded = try Encoding.dense(tensor).decoded(workers: .one)
        #expect(decoded.dtype == .bfloat16)
        #expect(decoded.array(as: UInt16.self) == [1, 2])
    }
}
