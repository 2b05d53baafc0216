import BantamCoding
import BantamTensors
import BantamTestSupport
import CBantamKernels
import Glibc
import Testing

/// Round trips over everything that can be in a block, at every level of the kernels.
@Suite struct FastCoderTests {
    /// Portable, AVX2, AVX-512, as far as this processor goes.
    static let levels = Array(Int32(0)...max(0, bantam_simd_level()))

    static func atLevel<Result>(_ level: Int32, _ body: () throws -> Result) rethrows -> Result {
        let before = bantam_cap_simd_level_for_tests(level)
        defer { bantam_cap_simd_level_for_tests(before) }
        return try body()
    }

    static func encoded(_ bytes: [UInt8], _ dtype: DType) throws -> [UInt8]? {
        try bytes.withUnsafeBytes { try FastCoder().encode($0, BlockContext(dtype)) }
    }

    /// Decodes into the middle of a larger buffer, so that a write outside shows.
    static func decoded(_ coded: [UInt8], _ dtype: DType, _ count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0xa5, count: count + 256)
        try buffer.withUnsafeMutableBytes { buffer in
            try coded.withUnsafeBytes {
                try FastCoder().decode(
                    $0, BlockContext(dtype),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[128..<128 + count]))
            }
        }
        #expect(
            buffer[..<128].allSatisfy { $0 == 0xa5 } && buffer[(128 + count)...].allSatisfy { $0 == 0xa5 })
        return Array(buffer[128..<128 + count])
    }

    @Test(arguments: FastSample.dtypes, FastSample.allCases)
    func everyBlockComesBackTheSameFromEveryLevel(_ dtype: DType, _ sample: FastSample) throws {
        for count in FastSample.counts {
            let bytes = sample.bytes(count, dtype)
            let coded = try Self.atLevel(0) { try Self.encoded(bytes, dtype) }
            for level in Self.levels.dropFirst() {
                let other = try Self.atLevel(level) { try Self.encoded(bytes, dtype) }
                #expect(other == coded, "\(count) at level \(level)")
            }
            guard let coded else { continue }
            #expect(coded.count < bytes.count)
            for level in Self.levels {
                let found = try Self.atLevel(level) { try Self.decoded(coded, dtype, bytes.count) }
                #expect(found == bytes, "\(count) at level \(level)")
            }
            #expect(FastReference.decode(coded, count: bytes.count) == bytes, "\(count) by the reference")
        }
    }

    /// Of a large block only some steps are counted: what they did not show must be coded all the same.
    @Test(
        arguments: [DType.bfloat16, .float16, .float32, .int8, .float8E4M3], [FastSample.weights, .skewed])
    func largeBlocksComeBack(_ dtype: DType, _ sample: FastSample) throws {
        var bytes = sample.bytes(150_003, dtype)
        // A stretch of other values in steps that are not counted.
        for index in (130 * dtype.alignment)..<(250 * dtype.alignment) { bytes[index] = UInt8(index & 255) }
        let coded = try #require(try Self.atLevel(0) { try Self.encoded(bytes, dtype) })
        for level in Self.levels {
            #expect(try Self.atLevel(level) { try Self.encoded(bytes, dtype) } == coded)
            #expect(try Self.atLevel(level) { try Self.decoded(coded, dtype, bytes.count) } == bytes)
        }
    }

    /// What must shrink does, to about what theory says; bits that are not coded stay.
    @Test func weightsShrinkToTheirEntropy() throws {
        // Bits per element: of the coded bits of a normal distribution, measured independently as the order-0
        // entropy in the test below, plus the raw ones.
        let raw: [(DType, Double)] = [
            (.bfloat16, 8), (.float16, 10), (.float32, 24), (.float64, 53), (.float8E4M3, 3), (.int8, 4),
        ]
        for (dtype, rawBits) in raw {
            let count = 200_000
            let bytes = FastSample.weights.bytes(count, dtype)
            let coded = try #require(try Self.encoded(bytes, dtype))
            let entropy = Self.entropy(bytes, dtype)
            let found = Double(coded.count * 8) / Double(count)
            #expect(found > rawBits + entropy - 0.001)
            #expect(found < rawBits + entropy + 0.06, "\(dtype): \(found) for \(rawBits + entropy)")
        }
    }

    /// Order-0 entropy in bits of what the layouts code.
    static func entropy(_ bytes: [UInt8], _ dtype: DType) -> Double {
        let width = dtype.alignment
        var counts: [UInt64: Double] = [:]
        for index in 0..<bytes.count / width {
            let bits = bytes[index * width..<(index + 1) * width].reversed().reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            let key: UInt64 =
                switch dtype {
                case .bfloat16: bits >> 7 & 255
                case .float16: bits >> 9 & 63
                case .float32: bits >> 23 & 255
                case .float64: bits >> 52 & 2047
                case .float8E4M3: bits >> 2 & 31
                default: bits >> 4
                }
            counts[key, default: 0] += 1
        }
        let total = Double(bytes.count / width)
        return counts.values.reduce(0) { $0 - $1 / total * log2($1 / total) }
    }

    @Test func onceNarrowFloatsDropTheirZeros() throws {
        let floats = FastSample.weights.bytes(100_000, .bfloat16)
        let zeros = [UInt8](repeating: 0, count: 2)
        var wide: [UInt8] = []
        for index in stride(from: 0, to: floats.count, by: 2) { wide += zeros + floats[index..<index + 2] }
        let narrow = try #require(try Self.encoded(floats, .bfloat16))
        let coded = try #require(try Self.encoded(wide, .float32))
        #expect(coded.count < narrow.count + 400)
        #expect(try Self.decoded(coded, .float32, wide.count) == wide)
    }

    @Test func smallArraysStaySmall() throws {
        let bytes = FastSample.weights.bytes(384, .bfloat16)
        let coded = try #require(try Self.encoded(bytes, .bfloat16))
        #expect(coded.count * 100 < bytes.count * 80)
        let zeros = try #require(try Self.encoded([UInt8](repeating: 0, count: 1 << 20), .float32))
        #expect(zeros.count == 33)
    }

    @Test func whatItCannotCodeIsDeclined() throws {
        for dtype in DType.allCases where !FastSample.dtypes.contains(dtype) {
            let bytes = FastSample.weights.bytes(1000, .float32)
            if try Self.encoded(bytes, dtype) != nil {
                #expect([.float8E4M3FNUZ, .float8E5M2FNUZ, .complex128].contains(dtype))
            }
        }
        #expect(try Self.encoded([], .bfloat16) == nil)
        #expect(try Self.encoded([1], .bfloat16) == nil)
        // An exponent beyond those of float32.
        var doubles = FastSample.weights.bytes(1000, .float64)
        #expect(try Self.encoded(doubles, .float64) != nil)
        doubles.replaceSubrange(80..<88, with: [0, 0, 0, 0, 0, 0, 0xf0, 0x12])
        #expect(try Self.encoded(doubles, .float64) == nil)
    }

    @Test func theNameIsKnown() throws {
        #expect(try Coders.named("fast")?.identifier == 6)
        #expect(try Coders.identified(by: 6).name == "fast")
        let error = bantamError { _ = try Coders.named("fast:9") }
        #expect(error?.description.contains("no parameter") == true)
    }

    /// Through the container, in several blocks and on several threads.
    @Test(arguments: FastSample.dtypes) func arraysOfSeveralBlocksComeBack(_ dtype: DType) throws {
        let bytes = FastSample.weights.bytes(100_000, dtype)
        for blockByteCount in [1 << 14, 1 << 16, 1 << 20] {
            let coded = try #require(
                try bytes.withUnsafeBytes {
                    try CodedArray(
                        coding: $0, of: dtype, with: FastCoder(), blockByteCount: blockByteCount,
                        workers: Workers(3))
                })
            #expect(coded.byteCount < bytes.count)
            #expect(try CodedArrayTests.decoded(coded.bytes, dtype, bytes.count, Workers(2)) == bytes)
        }
    }
}
