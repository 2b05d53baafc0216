import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamCoding

/// Damaged blocks: they may decode to something, but never trap, hang, or read or write outside.
@Suite struct HuffmanHostileTests {
    static let blocks: [(DType, [UInt8])] = [
        (.uint8, GeneralPurposeCoders.text(300)), (.uint8, GeneralPurposeCoders.text(4500)),
        (.bfloat16, FastSample.weights.bytes(200, .bfloat16)),
        (.bfloat16, FastSample.weights.bytes(4200, .bfloat16)),
        (.float32, FastSample.trailingZeros.bytes(4200, .float32)),
        (.uint8, [UInt8](repeating: 3, count: 900)),
    ]

    static func outcome(_ coded: some Collection<UInt8>, _ dtype: DType, _ count: Int) -> [UInt8]? {
        HostileBlock.outcome { try HuffmanCoderTests.decoded(coded, dtype, count) }
    }

    @Test(arguments: blocks.indices) func everyTruncationAndAddition(_ index: Int) throws {
        let (dtype, bytes) = Self.blocks[index]
        let coded = try #require(try HuffmanCoderTests.encoded(bytes, dtype))
        for length in coded.indices {
            #expect(Self.outcome(coded[..<length], dtype, bytes.count) == nil, "\(length) of \(coded.count)")
        }
        for tail in [[0], [255], [0, 0, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]] {
            #expect(Self.outcome(coded + tail, dtype, bytes.count) == nil)
        }
        for other in [0, 1, bytes.count - 4, bytes.count + 4, bytes.count * 8, 1 << 21] {
            #expect(Self.outcome(coded, dtype, other) == nil || other > 0 && index == 5, "\(other)")
        }
    }

    /// Every bit means something: a changed one gives an error or other bytes.
    @Test(arguments: blocks.indices) func everyFlippedBit(_ index: Int) throws {
        let (dtype, bytes) = Self.blocks[index]
        let coded = try #require(try HuffmanCoderTests.encoded(bytes, dtype))
        let bits = coded.count * 8
        for bit in stride(from: 0, to: bits, by: bits > 20000 ? 37 : bits > 5000 ? 5 : 1) {
            var damaged = coded
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.outcome(damaged, dtype, bytes.count) != bytes, "bit \(bit)")
        }
    }

    @Test func noise() throws {
        var generator = SeededGenerator(seed: 8)
        let (dtype, bytes) = Self.blocks[1]
        let real = try #require(try HuffmanCoderTests.encoded(bytes, dtype))
        for round in 0..<1000 {
            let noise = GeneralPurposeCoders.noise(
                Int.random(in: 0..<900, using: &generator), seed: UInt64(round))
            let head = real.prefix(Int.random(in: 0..<60, using: &generator))
            _ = Self.outcome(noise, .float16, 2 * (round % 5000))
            _ = Self.outcome(head + noise, dtype, bytes.count)
        }
    }

    /// Streams that take the longest words to the last byte of memory, all of them at once.
    @Test func wordsThatRunBeyondTheirStreams() {
        // Lengths 1 to 11, and two of 12 bits: bytes 0 to 12.
        let code: [UInt8] = [3, 0, 12, 0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb, 0x0c]
        for size in [0, 1, 2, 7, 8, 9, 100, 768, 769, 770] as [UInt8.Stride] {
            var block = code
            for _ in 0..<8 { block += [UInt8(size & 255), UInt8(size >> 8), 0, 0] }
            block += [UInt8](repeating: 255, count: 8 * size)
            let found = Self.outcome(block, .uint8, 4096)
            // 512 words of 12 bits are 768 bytes.
            #expect((found == [UInt8](repeating: 12, count: 4096)) == (size == 768), "\(size)")
        }
    }

    @Test func codesThatAreNone() {
        for (name, head) in [
            ("incomplete", [2, 0, 2, 0x22, 0x02]), ("too full", [2, 0, 2, 0x11, 0x01]),
            ("a word of 13 bits", [2, 0, 1, 0xd1]), ("one byte", [2, 5, 5, 0x01]),
            ("backwards", [2, 5, 4, 0x11]), ("a first one without a word", [2, 0, 2, 0x10, 0x01]),
            ("a last one without a word", [2, 0, 2, 0x11, 0x00]), ("spare bits", [2, 0, 2, 0x21, 0x12]),
            ("eight streams of few", [3, 0, 1, 0x11]), ("unknown", [4, 0, 1, 0x11]),
        ] as [(String, [UInt8])] {
            #expect(Self.outcome(head + [1, 0, 0, 0, 0x55], .uint8, 8) == nil, "\(name)")
        }
        #expect(Self.outcome([2, 0, 1, 0x11, 1, 0, 0, 0, 0x55], .uint8, 8) == [0, 1, 0, 1, 0, 1, 0, 1])
        #expect(
            Self.outcome([2, 0, 1, 0x11, 1, 0, 0, 0, 0x55], .uint8, 7) == nil, "bits that fill up must be 0")
        #expect(Self.outcome([2, 0, 1, 0x11, 1, 0, 0, 0, 0x54], .uint8, 7) == [0, 1, 0, 1, 0, 1, 0])
    }
}
