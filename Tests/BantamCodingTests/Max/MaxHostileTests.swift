import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamCoding

/// Damaged and made-up blocks: an error or other elements, never a trap, and always an end.
@Suite struct MaxHostileTests {
    @Test(arguments: [DType.float32, .bfloat16, .float8E4M3, .int8, .uint8, .uint16, .int64])
    func everyFlippedBitAndTruncation(_ dtype: DType) {
        var generator = SeededGenerator(seed: 1)
        let bytes = (0..<97).map { _ in UInt8.random(in: 0..<20, using: &generator) }
        let context = BlockContext(dtype, columns: 5)
        let coded = MaxBlockTests.coded(bytes, context)
        var found = 0
        for bit in 0..<coded.count * 8 {
            var damaged = coded
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let decoded = try? MaxBlockTests.decoded(damaged, context, bytes.count) {
                #expect(decoded.count == bytes.count)
                found += decoded == bytes ? 1 : 0
            }
        }
        // Only in the last bytes are there bits that say nothing.
        #expect(found <= 24)
        for length in 0..<coded.count {
            let decoded = try? MaxBlockTests.decoded(Array(coded[..<length]), context, bytes.count)
            #expect(decoded == nil || decoded?.count == bytes.count)
        }
    }

    @Test(arguments: DType.allCases) func noiseEndsAndStaysInside(_ dtype: DType) {
        var generator = SeededGenerator(seed: 2)
        for round in 0..<24 {
            var noise = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
                round % 3 == 0 ? UInt8(round / 3 * 36) : UInt8.random(in: 0...255, using: &generator)
            }
            // Any method with any octave.
            if noise.count > 1 { noise[0] = UInt8(round % 16 << 4 | round % 9) }
            let columns = [0, 1, 9, .max, -5][round % 5]
            let context = BlockContext(dtype, columns: columns, firstElement: [0, 1 << 40][round % 2])
            let decoded = try? MaxBlockTests.decoded(noise, context, 211)
            #expect(decoded == nil || decoded?.count == 211)
        }
    }

    @Test func methodsOfOtherDtypesAreRefused() {
        // 4 bits of method, 12 of the highest octave: differences of floats, bits of 16-bit integers, octave 0.
        for (dtype, bytes) in [(DType.float32, [0x10, 0x10]), (.uint16, [0x30, 0]), (.int8, [0, 0])]
            as [(DType, [UInt8])]
        {
            let error = bantamError { _ = try MaxBlockTests.decoded(bytes, BlockContext(dtype), 64) }
            #expect(error?.kind == .corruption)
        }
    }

    @Test func bytesThatNothingAskedForAreRefused() {
        let bytes = MaxBlockTests.content(6, 64)
        let coded = MaxBlockTests.coded(bytes, BlockContext(.int8))
        let error = bantamError {
            _ = try MaxBlockTests.decoded(coded + [0, 0, 0, 0, 0], BlockContext(.int8), bytes.count)
        }
        #expect(error?.kind == .corruption)
    }
}
