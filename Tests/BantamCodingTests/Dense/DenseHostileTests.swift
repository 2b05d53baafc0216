import BantamTensors
import BantamTestSupport
import CBantamKernels
import Testing

@testable import BantamCoding

/// Damaged blocks: they may decode to something, but never trap, hang or write outside, and every level says
/// the same of them.
@Suite struct DenseHostileTests {
    static let dtypes: [DType] = [
        .bfloat16, .float16, .float32, .float64, .int8, .int16, .float8E4M3, .uint8, .uint16, .uint32, .int64,
    ]

    @discardableResult
    static func outcome(_ coded: [UInt8], _ context: BlockContext, _ count: Int) -> [UInt8]? {
        HostileBlock.outcomeAtEveryLevel { try DenseCoderTests.decoded(coded, context, count) }
    }

    /// Blocks of every kind: with and without rows, with zeros left out, small ones and ones of 32 lanes; a flipped bit
    /// makes 64 lanes of these.
    static func blocks(_ dtype: DType) throws -> [(coded: [UInt8], context: BlockContext, count: Int)] {
        let kinds: [(FastSample, Int, Int)] = [
            (.weights, 9003, 96), (.skewed, 8300, 0), (.trailingZeros, 9003, 64), (.weights, 600, 24),
            (.fewValues, 8192, 128), (.manyEscapes, 9003, 0),
        ]
        return try kinds.compactMap { sample, count, columns in
            let bytes = DenseCoderTests.bytes(sample, count, dtype)
            let context = BlockContext(dtype, columns: columns, firstElement: 11)
            return try DenseCoderTests.encoded(bytes, context).map { ($0, context, bytes.count) }
        }
    }

    @Test(arguments: dtypes) func flippedBits(_ dtype: DType) throws {
        var generator = SeededGenerator(seed: 21)
        for (coded, context, count) in try Self.blocks(dtype) {
            for trial in 0..<60 {
                var damaged = coded
                // Most of them where the block tells of itself: lies do most there.
                let place = Int.random(
                    in: 0..<(trial % 4 > 0 ? min(160, coded.count) : coded.count), using: &generator)
                damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
                Self.outcome(damaged, context, count)
            }
        }
    }

    @Test(arguments: dtypes) func truncatedAndExtended(_ dtype: DType) throws {
        for (coded, context, count) in try Self.blocks(dtype) {
            for length in Array(0..<20) + stride(from: 20, to: coded.count, by: max(1, coded.count / 20)) {
                let found = Self.outcome(Array(coded[..<length]), context, count)
                #expect(found == nil, "\(length) of \(coded.count) bytes")
            }
            for extra in [1, 64] {
                let longer = coded + [UInt8](repeating: 0, count: extra)
                #expect(Self.outcome(longer, context, count) == nil)
            }
            let width = context.dtype.alignment
            for other in [0, 1, width, count - width, count + width, count * 9] {
                Self.outcome(coded, context, other)
            }
            // Another shape than the encoder was told of.
            for columns in [0, 1, 5, 1 << 40] {
                Self.outcome(coded, BlockContext(dtype, columns: columns, firstElement: 1 << 50), count)
            }
        }
    }

    /// Parts that are whole, with noise for what the block tells of itself.
    @Test(arguments: dtypes) func noise(_ dtype: DType) {
        var generator = SeededGenerator(seed: 22)
        for trial in 0..<200 {
            let count = Int.random(in: 1..<3000, using: &generator) * dtype.alignment
            var bytes = (0..<Int.random(in: 0..<3000, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if trial % 4 > 0, bytes.count > 3 {
                bytes.replaceSubrange(
                    0..<3,
                    with: [
                        UInt8.random(in: 1...2, using: &generator), UInt8(trial % 128), UInt8(trial % 100),
                    ])
            }
            let columns = Int.random(in: 0..<300, using: &generator)
            Self.outcome(bytes, BlockContext(dtype, columns: columns), count)
        }
    }

    /// Lengths that are far too long, in as many bytes as there are.
    @Test func lengthsBeyondTheBlockAreRefused() {
        for head in [
            [1, 255, 255, 255, 255, 127], [1, 0, 255, 255, 255, 255, 127], [1, 128, 128, 128, 128, 128, 1],
        ] {
            let bytes = head.map { UInt8($0) } + [UInt8](repeating: 0, count: 300)
            #expect(Self.outcome(bytes, BlockContext(.float32), 4000) == nil)
        }
    }

    /// The kernel's own checks: tables that do not add up, and words that end too soon, at every level.
    @Test func kernelsRefuseWhatDoesNotAddUp() {
        var tables = [UInt32](repeating: 0, count: 2 << 12)
        #expect(bantam_class_rans_decoding_tables([4095], 1, 1, &tables) == 0)
        #expect(bantam_class_rans_decoding_tables([4096, 1], 1, 2, &tables) == 0)
        #expect(bantam_class_rans_decoding_tables([4000, 96, 1, 4095], 2, 2, &tables) == 1)
        for level in FastCoderTests.levels {
            FastCoderTests.atLevel(level) {
                var decoder = bantam_class_rans_decoder()
                decoder.lanes = 32
                let classes = [UInt8](repeating: 0, count: 64)
                var symbols = [UInt8](repeating: 0, count: 64)
                #expect(bantam_class_rans_decode(&decoder, tables, classes, 64, &symbols) == 0)
            }
        }
    }
}
