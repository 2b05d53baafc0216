import BantamTensors
import BantamTestSupport
import CBantamKernels
import Glibc
import Testing

@testable import BantamCoding

/// Round trips over everything that can be in a block, at every level of the kernels.
@Suite struct DenseCoderTests {
    static let dtypes: [DType] = FastSample.dtypes + [.uint32, .uint64, .int32, .int64, .bool, .float4]

    static func encoded(_ bytes: [UInt8], _ context: BlockContext) throws -> [UInt8]? {
        try bytes.withUnsafeBytes { try DenseCoder().encode($0, context) }
    }

    /// Decodes into the middle of a larger buffer, so that a write outside shows.
    static func decoded(_ coded: [UInt8], _ context: BlockContext, _ count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0xa5, count: count + 256)
        try buffer.withUnsafeMutableBytes { buffer in
            try coded.withUnsafeBytes {
                try DenseCoder().decode(
                    $0, context, into: UnsafeMutableRawBufferPointer(rebasing: buffer[128..<128 + count]))
            }
        }
        #expect(
            buffer[..<128].allSatisfy { $0 == 0xa5 } && buffer[(128 + count)...].allSatisfy { $0 == 0xa5 })
        return Array(buffer[128..<128 + count])
    }

    /// That a block, if it shrinks, is the same from every level, and comes back from every level; its size.
    @discardableResult
    static func check(_ bytes: [UInt8], _ context: BlockContext, _ comment: Comment? = nil) throws -> Int? {
        let coded = try FastCoderTests.atLevel(0) { try encoded(bytes, context) }
        for level in FastCoderTests.levels.dropFirst() {
            #expect(try FastCoderTests.atLevel(level) { try encoded(bytes, context) } == coded, comment)
        }
        guard let coded else { return nil }
        #expect(coded.count < bytes.count, comment)
        for level in FastCoderTests.levels {
            let found = try FastCoderTests.atLevel(level) { try decoded(coded, context, bytes.count) }
            #expect(found == bytes, comment)
        }
        return coded.count
    }

    @Test(arguments: dtypes, FastSample.allCases)
    func everyBlockComesBackTheSameFromEveryLevel(_ dtype: DType, _ sample: FastSample) throws {
        let shapes = [(0, 0), (96, 1000), (7, 3), (1, 3), (2000, 1999), (128, 0)]
        for (index, count) in [1, 2, 7, 31, 32, 33, 127, 128, 129, 1000, 1025, 4223, 8191, 8225].enumerated()
        {
            let (columns, first) = shapes[index % shapes.count]
            let context = BlockContext(dtype, columns: columns, firstElement: first)
            try Self.check(Self.bytes(sample, count, dtype), context, "\(count) of \(columns) columns")
        }
    }

    /// Enough elements for twice the states.
    @Test(arguments: [DType.bfloat16, .float8E4M3, .int8, .uint16, .float32])
    func largeBlocksComeBackTheSameFromEveryLevel(_ dtype: DType) throws {
        for (count, sample) in [(1 << 17, FastSample.weights), ((1 << 17) + 95, .manyEscapes)] {
            let context = BlockContext(dtype, columns: 512, firstElement: 77)
            try Self.check(Self.bytes(sample, count, dtype), context, "\(count)")
        }
    }

    /// Samples for types that ``FastSample`` does not know are those of float32 of the same bytes.
    static func bytes(_ sample: FastSample, _ count: Int, _ dtype: DType) -> [UInt8] {
        if FastSample.dtypes.contains(dtype) { return sample.bytes(count, dtype) }
        let width = dtype.alignment
        return Array(sample.bytes((count * width + 3) / 4, .float32).prefix(count * width))
    }
}
