import BantamTensors
import BantamTestSupport
import Glibc
import Testing

@testable import BantamCoding

/// Round trips over everything that can be in a block, each read by the reference too.
@Suite struct HuffmanCoderTests {
    static func encoded(_ bytes: [UInt8], _ dtype: DType) throws -> [UInt8]? {
        let guarded = GuardedBytes(bytes)
        return try HuffmanCoder().encode(UnsafeRawBufferPointer(guarded.bytes), BlockContext(dtype))
    }

    /// Decoded from and into memory with nothing behind it.
    static func decoded(_ coded: some Collection<UInt8>, _ dtype: DType, _ count: Int) throws -> [UInt8] {
        let (source, target) = (GuardedBytes(coded), GuardedBytes(count: count))
        defer { #expect(target.isUntouchedBefore) }
        try HuffmanCoder().decode(
            UnsafeRawBufferPointer(source.bytes), BlockContext(dtype), into: target.bytes)
        return Array(target.bytes)
    }

    static func roundTrip(_ bytes: [UInt8], _ dtype: DType, _ comment: String = "") throws {
        guard let coded = try encoded(bytes, dtype) else { return }
        #expect(coded.count < bytes.count)
        #expect(try decoded(coded, dtype, bytes.count) == bytes, "\(comment)")
        // The reference takes its time: a few lengths are enough for it.
        guard [17, 1001, 4097].contains(bytes.count / dtype.alignment) || dtype == .uint8 else { return }
        #expect(HuffmanReference.decode(coded, dtype, count: bytes.count) == bytes, "\(comment), reference")
    }

    /// Around the edges of repeated planes, groups of words, and of one stream and eight.
    static let counts = [1, 2, 3, 15, 16, 17, 18, 100, 1001, 4095, 4096, 4097, 4103, 4105]

    @Test(arguments: FastSample.dtypes, FastSample.allCases)
    func everyBlockComesBack(_ dtype: DType, _ sample: FastSample) throws {
        for count in Self.counts {
            try Self.roundTrip(sample.bytes(count, dtype), dtype, "\(sample) \(count)")
        }
    }

    @Test(arguments: DType.allCases) func everyDtype(_ dtype: DType) throws {
        for count in [1, 40, 300, 5000] {
            let bytes = GeneralPurposeCoders.text(count * max(1, dtype.bitWidth / 8))
            try Self.roundTrip(bytes, dtype, "\(count)")
            if count > 40 { #expect(try Self.encoded(bytes, dtype) != nil) }
        }
    }

    /// Two bytes, and counts that want the longest words.
    @Test func alphabetsAtTheirEdges() throws {
        for pair in [[0, 1], [0, 255], [254, 255], [7, 9]] as [[UInt8]] {
            for count in [200, 5001] {
                let bytes = (0..<count).map { pair[$0 * $0 % 11 == 3 ? 1 : 0] }
                try Self.roundTrip(bytes, .uint8)
                let coded = try #require(try Self.encoded(bytes, .uint8))
                #expect(coded.count < count / 8 + 180)
            }
        }
        var steep: [UInt8] = []
        for symbol in 0..<24 { steep += [UInt8](repeating: UInt8(symbol * 10), count: 1 << (symbol * 2 / 3)) }
        var generator = SeededGenerator(seed: 1)
        steep.shuffle(using: &generator)
        try Self.roundTrip(steep, .uint8)
        let nearlyAll = (0..<100_000).map { (index: Int) -> UInt8 in
            UInt8(index % 256 < 255 ? index % 100 : index / 256 % 256)
        }
        try Self.roundTrip(nearlyAll, .uint8)
    }

    @Test func whatDoesNotShrinkIsDeclined() throws {
        for bytes in [[], [1], GeneralPurposeCoders.noise(100), GeneralPurposeCoders.noise(70000)] {
            #expect(try Self.encoded(bytes, .uint8) == nil)
        }
        #expect(try Self.encoded([0, 0, 0], .float32) == nil)
    }

    /// Each plane at its own code: as many bits as the entropies of the planes and a little more.
    @Test func weightsShrinkToTheEntropyOfTheirPlanes() throws {
        for dtype in [DType.bfloat16, .float16, .float32, .float64, .int8, .float8E4M3] {
            let bytes = FastSample.weights.bytes(50_000, dtype)
            let coded = try #require(try Self.encoded(bytes, dtype))
            let entropy = Self.entropyOfPlanes(bytes, dtype)
            #expect(Double(coded.count) > entropy)
            #expect(Double(coded.count) < entropy * 1.02, "\(dtype)")
        }
    }

    /// In bytes: the order-0 entropy of every byte of rotated elements.
    static func entropyOfPlanes(_ bytes: [UInt8], _ dtype: DType) -> Double {
        let width = dtype.alignment
        return (0..<width).reduce(0) { sum, plane in
            var counts = [Double](repeating: 0, count: 256)
            for start in stride(from: 0, to: bytes.count, by: width) {
                var element = bytes[start..<start + width].reversed().reduce(UInt64(0)) {
                    $0 << 8 | UInt64($1)
                }
                if dtype != .int8, dtype != .float8E4M3 {
                    element = element << 1 | element >> UInt64(8 * width - 1)
                }
                counts[Int(element >> UInt64(8 * plane) & 255)] += 1
            }
            let total = Double(bytes.count / width)
            return sum - counts.reduce(0) { $1 > 0 ? $0 + $1 * log2($1 / total) / 8 : $0 }
        }
    }

    @Test func oneByteRepeatedTakesLittle() throws {
        for (dtype, width) in [(DType.uint8, 1), (.float32, 4)] {
            let coded = try #require(try Self.encoded([UInt8](repeating: 0, count: 1 << 20), dtype))
            #expect(coded.count == 17 * width)
            #expect(coded.count > (1 << 20) / HuffmanCoder().maximumExpansion)
        }
        // Beyond what may be repeated.
        let large = [UInt8](repeating: 5, count: 1 << 20 + 1)
        #expect(try Self.encoded(large, .uint8) == nil)
    }

    @Test func theNameIsKnown() throws {
        #expect(try Coders.named("huffman")?.identifier == 5)
        #expect(try Coders.identified(by: 5).name == "huffman")
        let error = bantamError { _ = try Coders.named("huffman:8") }
        #expect(error?.message == "huffman: expected no parameter, found '8'")
    }

    @Test(arguments: FastSample.dtypes) func arraysOfSeveralBlocksComeBack(_ dtype: DType) throws {
        let bytes = FastSample.weights.bytes(60_000, dtype)
        for blockByteCount in [1 << 13, 1 << 20] {
            let coded = try bytes.withUnsafeBytes {
                try CodedArray(
                    coding: $0, of: dtype, with: HuffmanCoder(), blockByteCount: blockByteCount,
                    workers: Workers(3))
            }
            let array = try #require(coded)
            #expect(try CodedArrayTests.decoded(array.bytes, dtype, bytes.count, Workers(2)) == bytes)
        }
    }

    /// Positions that rise are coded by their differences.
    @Test func risingPositionsBecomeDifferences() throws {
        let positions = (0..<3000).map { UInt32($0 * 11 + $0 * $0 % 5) }
        let bytes = positions.withUnsafeBytes(Array.init)
        let coded = try #require(
            try bytes.withUnsafeBytes {
                try CodedArray(coding: $0, of: .uint32, with: HuffmanCoder(), workers: .one)
            })
        #expect(try coded.bytes.withUnsafeBytes { try CodedArray.header(of: $0) }.arrangement.differences)
        #expect(coded.byteCount < positions.count * 4 / 8)
        #expect(try CodedArrayTests.decoded(coded.bytes, .uint32, bytes.count) == bytes)
    }
}
