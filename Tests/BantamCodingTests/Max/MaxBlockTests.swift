import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamCoding

/// Blocks of every dtype, length and kind of content come back, whatever is known of their shape.
@Suite struct MaxBlockTests {
    static func coded(_ bytes: [UInt8], _ context: BlockContext, _ form: MaxForm = .written) -> [UInt8] {
        bytes.withUnsafeBytes { MaxBlock.encode($0, context, form: form) }
    }

    static func decoded(
        _ coded: [UInt8], _ context: BlockContext, _ count: Int, _ form: MaxForm = .written
    ) throws -> [UInt8] {
        var result = [UInt8](repeating: 0xaa, count: count)
        try coded.withUnsafeBytes { coded in
            try result.withUnsafeMutableBytes { try MaxBlock.decode(coded, context, form: form, into: $0) }
        }
        return result
    }

    /// Constant, random, one symbol, sparse, alternating extremes, rising, and numbers of a narrow range.
    static func content(_ kind: Int, _ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(kind))
        return (0..<count).map { index in
            switch kind {
            case 0: 0
            case 1: UInt8.random(in: 0...255, using: &generator)
            case 2: 0xff
            case 3: UInt8.random(in: 0..<12, using: &generator) == 0 ? 0x81 : 0
            case 4: index / 8 % 2 == 0 ? 0x00 : 0xff
            case 5: UInt8(truncatingIfNeeded: index)
            default: UInt8.random(in: 60..<64, using: &generator)
            }
        }
    }

    @Test(arguments: DType.allCases) func everyDtypeAndLengthComesBack(_ dtype: DType) throws {
        for count in [0, 1, 2, 3, 7, 16, 17, 65, 257, 600] {
            for kind in 0..<7 {
                let bytes = Self.content(kind, count)
                let context = BlockContext(
                    dtype, columns: [0, 3, 5, 64][(kind + count) % 4], firstElement: kind)
                let coded = Self.coded(bytes, context)
                #expect(try Self.decoded(coded, context, count) == bytes, "\(count) \(kind)")
                #expect(coded.count <= count + count / 4 + 8, "\(count) \(kind)")
            }
        }
    }

    @Test(arguments: [DType.float32, .bfloat16, .int8, .uint16, .uint8, .float64])
    func everyMethodTakesAnything(_ dtype: DType) throws {
        for kind in 0..<7 {
            let bytes = Self.content(kind, 403)
            let layout = BlockLayout(BlockContext(dtype, columns: 7), byteCount: bytes.count)
            for method in bytes.withUnsafeBytes({ BlockMethod.candidates(for: $0, layout) }) {
                let coded = bytes.withUnsafeBytes { MaxBlock.encode($0, layout, method, .written) }
                let found = try Self.decoded(coded, BlockContext(dtype, columns: 7), bytes.count)
                #expect(found == bytes, "\(method) \(kind)")
            }
        }
    }

    /// Each block decodes alone, knowing where in the array it stands.
    @Test func blocksInTheMiddleOfRows() throws {
        var generator = SeededGenerator(seed: 8)
        let values = (0..<3000).map { generator.normal() * Float(1 + $0 % 50) }
        let bytes = values.withUnsafeBytes { Array($0) }
        for start in stride(from: 0, to: 3000, by: 771) {
            let piece = Array(bytes[start * 4..<min(start + 771, 3000) * 4])
            for columns in [50, 770, 771, 772, 5000] {
                let context = BlockContext(.float32, columns: columns, firstElement: start)
                #expect(try Self.decoded(Self.coded(piece, context), context, piece.count) == piece)
            }
        }
    }

    @Test func extremesOfShapeAreAsGoodAsNone() throws {
        let bytes = Self.content(6, 400)
        let plain = Self.coded(bytes, BlockContext(.float16))
        for columns in [-1, 201, .max, .min] {
            #expect(Self.coded(bytes, BlockContext(.float16, columns: columns, firstElement: 3)) == plain)
        }
        #expect(Self.coded(bytes, BlockContext(.float16, columns: 10, firstElement: .max)) == plain)
    }

    @Test func aConstantBlockKeepsToTheMaximumExpansion() throws {
        let bytes = [UInt8](repeating: 0, count: 200_000)
        let coded = Self.coded(bytes, BlockContext(.int64))
        #expect(coded.count <= 8 && coded.count > bytes.count / MaxBlock.maximumExpansion)
        #expect(try Self.decoded(coded, BlockContext(.int64), bytes.count) == bytes)
    }

    /// Saturated counters meet the opposite.
    @Test(arguments: [DType.int8, .uint8, .bfloat16, .float4]) func surpriseAfterALongCalm(_ dtype: DType)
        throws
    {
        let bytes =
            Self.content(0, 6000) + Self.content(2, 500) + Self.content(0, 1000) + Self.content(4, 500)
        let coded = Self.coded(bytes, BlockContext(dtype))
        #expect(try Self.decoded(coded, BlockContext(dtype), bytes.count) == bytes)
        #expect(coded.count < 300)
    }

    @Test func coderAndContainerAgree() throws {
        let bytes = Self.content(6, 10_000)
        let codings = try [1, 4].map { threads in
            try #require(
                try bytes.withUnsafeBytes {
                    try CodedArray(
                        coding: $0, of: .int8, with: MaxCoder(), blockByteCount: 4096,
                        workers: Workers(threads))
                }
            ).bytes
        }
        #expect(codings[0] == codings[1])
        #expect(codings[0].count < 10_000 / 3)
        #expect(try CodedArrayTests.decoded(codings[0], .int8, bytes.count, Workers(4)) == bytes)
        #expect(try Coders.named("max")?.identifier == 11)
        #expect(bantamError { _ = try Coders.named("max:9") }?.kind == .invalidArgument)
    }

    /// An array of an earlier form is read by its identifier; by name there is only the last.
    @Test func earlierFormsAreStillRead() throws {
        let bytes = Self.content(6, 10_000)
        let coders = try [9, 10, 11].map { try Coders.identified(by: $0) }
        let codings = try coders.map { coder in
            try #require(
                try bytes.withUnsafeBytes {
                    try CodedArray(coding: $0, of: .int8, with: coder, blockByteCount: 4096, workers: .one)
                }
            ).bytes
        }
        #expect(codings.map(\.[0]) == [9, 10, 11] && codings[0].dropFirst() != codings[1].dropFirst())
        for coding in codings {
            #expect(try CodedArrayTests.decoded(coding, .int8, bytes.count) == bytes)
        }
        #expect(coders.allSatisfy { $0.name == "max" })
        #expect(Coders.names.count { $0 == "max" } == 1)
        let unknown = bantamError { _ = try Coders.identified(by: 8) }
        #expect(unknown?.message.contains("7 (dense), 9 (max), 10 (max), 11 (max), found 8") == true)
    }
}
