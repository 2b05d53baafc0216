import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

/// Indices held as an array of codes, against the definition of the machine.
@Suite struct TrellisLevelsTests {
    @Test(arguments: TrellisCode.allCases) func levelsAreThoseOfTheMachine(_ code: TrellisCode) throws {
        var generator = SeededGenerator(seed: 3)
        let count = 2 * TrellisCode.runLength + 77
        let indices = (0..<count).map { _ in Int8.random(in: .min ... .max, using: &generator) }
        var state = 0
        let expected = indices.enumerated().map { element, index in
            if element % 65536 == 0 { state = 0 }
            defer { state = code.state(after: Int(index), in: state) }
            return Float(TrellisCode.level(of: Int(index), quantizer: state & 1)) * 0.25
        }
        let quantized = Quantized(
            codes: .dense(Tensor(.int8, [count], indices)), scales: Tensor(.float32, [], [Float(0.25)]),
            zeroPoints: nil, granularity: .tensor, trellis: code)
        for threads in [1, 3] {
            #expect(try quantized.decoded(workers: Workers(threads)).array(as: Float.self) == expected)
        }
    }

    /// Quantizer 0 from the start; an index of 1 leads through states by hand: h0 = 5, h1 = 2.
    @Test func eightStatesByHand() throws {
        let quantized = Quantized(
            codes: .dense(Tensor(.int8, [6], [1, 1, 0, -1, 2, -3] as [Int8])),
            scales: Tensor(.float32, [], [Float(1)]), zeroPoints: nil, granularity: .tensor, trellis: .states8
        )
        // States 0, 2, 1^2 = 3, 1^5 = 4, 2^2 = 0, 0.
        #expect(try quantized.decoded(workers: .one).array(as: Float.self) == [2, 2, 0, -2, 4, -6])
    }

    @Test func otherCodesAreRefused() throws {
        func refused(_ codes: Encoding, zeroPoints: Tensor? = nil) {
            let quantized = Quantized(
                codes: codes, scales: Tensor(.float32, [], [Float(1)]), zeroPoints: zeroPoints,
                granularity: .tensor, trellis: .states8)
            #expect(bantamError { _ = try quantized.decoded(workers: .one) }?.kind == .corruption)
        }
        refused(.dense(Tensor(.int16, [2], [1, 2] as [Int16])))
        refused(.dense(Tensor(.int8, [2], [1, 2] as [Int8])), zeroPoints: Tensor(.int8, [], [Int8(1)]))
        refused(.sparse(try Sparse(Tensor(.int8, [2, 1], [1, 0] as [Int8]), as: .bitmask)))
    }
}
