import BantamCoding
import BantamTensors
import BantamTestSupport
import CBantamKernels
import Testing

/// Damaged blocks: they may decode to something, but never trap, hang or write outside, and every level says
/// the same of them.
@Suite struct FastHostileTests {
    static let dtypes: [DType] = [.bfloat16, .float16, .float32, .float64, .int8, .float8E4M3, .float8E5M2]

    @discardableResult
    static func outcome(_ coded: [UInt8], _ dtype: DType, _ count: Int) -> [UInt8]? {
        HostileBlock.outcomeAtEveryLevel { try FastCoderTests.decoded(coded, dtype, count) }
    }

    @Test(arguments: dtypes) func flippedBits(_ dtype: DType) throws {
        var generator = SeededGenerator(seed: 11)
        for (sample, count) in [
            (FastSample.weights, 17003), (.manyEscapes, 17003), (.weights, 500), (.skewed, 16900),
            (.trailingZeros, 17003),
        ] {
            let bytes = sample.bytes(count, dtype)
            guard let coded = try FastCoderTests.encoded(bytes, dtype) else { continue }
            for trial in 0..<120 {
                var damaged = coded
                // Half of them in the header, where lies do most.
                let place = Int.random(
                    in: 0..<(trial % 2 == 0 ? min(400, coded.count) : coded.count), using: &generator)
                damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
                Self.outcome(damaged, dtype, bytes.count)
            }
        }
    }

    @Test(arguments: dtypes) func truncatedAndExtended(_ dtype: DType) throws {
        for count in [500, 16700] {
            let bytes = FastSample.weights.bytes(count, dtype)
            guard let coded = try FastCoderTests.encoded(bytes, dtype) else { continue }
            for length in Array(0..<40) + stride(from: 40, to: coded.count, by: max(1, coded.count / 50)) {
                let found = Self.outcome(Array(coded[..<length]), dtype, bytes.count)
                #expect(found == nil, "\(length) of \(coded.count) bytes")
            }
            for extra in [1, 64, 200] {
                let longer = coded + [UInt8](repeating: 0, count: extra)
                #expect(Self.outcome(longer, dtype, bytes.count) == nil)
            }
            for other in [
                0, 1, bytes.count - dtype.alignment, bytes.count + dtype.alignment, bytes.count * 9,
            ] {
                Self.outcome(coded, dtype, other)
            }
        }
    }

    @Test(arguments: dtypes) func noise(_ dtype: DType) {
        var generator = SeededGenerator(seed: 12)
        for trial in 0..<300 {
            var bytes = (0..<Int.random(in: 0..<2000, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // A header that holds, noise behind it.
            if trial % 2 == 0, bytes.count > 300 {
                let layouts: [DType: UInt8] = [
                    .bfloat16: 1, .float16: 2, .int8: 5, .float8E4M3: 6, .float8E5M2: 7, .float32: 8,
                    .float64: 9,
                ]
                bytes[0] = layouts[dtype]! | (trial % 4 == 0 ? 0x80 : 0)
                bytes.replaceSubrange(1..<9, with: [0x82, 0x40, 0x50, 200, 50, 6, UInt8(trial & 15), 0])
                bytes.replaceSubrange(9..<11, with: [0, 0])
            }
            Self.outcome(bytes, dtype, Int.random(in: 0..<3000, using: &generator) / 8 * 8)
        }
    }

    /// A block of one dtype is not one of another.
    @Test func theWrongDTypeIsRefused() throws {
        let bytes = FastSample.weights.bytes(20000, .bfloat16)
        let coded = try #require(try FastCoderTests.encoded(bytes, .bfloat16))
        for dtype in DType.allCases where dtype != .bfloat16 {
            let error = bantamError { _ = try FastCoderTests.decoded(coded, dtype, bytes.count) }
            #expect(error?.kind == .corruption)
        }
    }
}
