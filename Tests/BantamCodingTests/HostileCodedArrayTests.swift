import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

/// Damaged and made-up coded arrays: always an error, never other bytes, never a trap.
@Suite struct HostileCodedArrayTests {
    static func coded(_ count: Int, blockByteCount: Int = 1024) throws -> (raw: [UInt8], coded: [UInt8]) {
        let raw = CodedArrayTests.bytes(count)
        let coded = try raw.withUnsafeBytes {
            try CodedArray(
                coding: $0, of: .int16, with: ZstdCoder(), blockByteCount: blockByteCount, workers: .one)
        }
        return (raw, try #require(coded).bytes)
    }

    /// A flipped bit either gives an error or the very same array: the block size of a single block and some
    /// bits of zstd mean nothing.
    @Test(arguments: [300, 1024, 2500]) func everyFlippedBit(_ count: Int) throws {
        let (raw, coded) = try Self.coded(count)
        var unnoticed = 0
        for bit in 0..<coded.count * 8 {
            var damaged = coded
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let found = try? CodedArrayTests.decoded(damaged, .int16, raw.count) {
                #expect(found == raw, "bit \(bit)")
                unnoticed += 1
            }
        }
        #expect(unnoticed < 40)
    }

    @Test(arguments: [300, 2500]) func everyTruncation(_ count: Int) throws {
        let (raw, coded) = try Self.coded(count)
        for length in 0..<coded.count {
            let error = bantamError {
                _ = try CodedArrayTests.decoded(Array(coded[..<length]), .int16, raw.count)
            }
            #expect(error?.kind == .corruption || error?.kind == .insufficientData, "\(length)")
        }
        #expect(bantamError { _ = try CodedArrayTests.decoded(coded + [0], .int16, raw.count) } != nil)
    }

    @Test func anotherDtypeOrSizeIsRefused() throws {
        let (raw, coded) = try Self.coded(600)
        #expect(
            bantamError { _ = try CodedArrayTests.decoded(coded, .uint16, raw.count) }?.kind == .corruption)
        #expect(
            bantamError { _ = try CodedArrayTests.decoded(coded, .int16, raw.count - 2) }?.kind == .corruption
        )
    }

    @Test func anUnknownCoderIsACompatibilityError() throws {
        var (raw, coded) = try Self.coded(600)
        coded[0] = 200
        let error = bantamError { _ = try CodedArrayTests.decoded(coded, .int16, raw.count) }
        #expect(error?.kind == .compatibility)
        #expect(error?.message.contains("200") == true)
    }

    /// Headers that claim what their bytes cannot hold.
    @Test(
        arguments: [
            // 2^62 raw bytes in blocks of 1 KiB and of 1 GiB
            [1, 22, 10, 255, 255, 255, 255, 255, 255, 255, 255, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [1, 22, 30, 255, 255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            // a single block of 1 GiB in five bytes
            [1, 22, 30, 255, 255, 255, 255, 3, 0, 0, 0, 0, 1, 2, 3, 4, 5],
            // no raw bytes, a number that never ends, a number with a needless zero
            [1, 22, 20, 0, 0, 0, 0, 0, 9, 9, 9],
            [1, 22, 20, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
            [1, 22, 20, 129, 0, 0, 0, 0, 0, 9, 9, 9],
            // no such dtype, blocks too short, too long, the reserved bit
            [1, 99, 20, 9, 0, 0, 0, 0, 1, 2, 3], [1, 22, 9, 9, 0, 0, 0, 0, 1, 2, 3],
            [1, 22, 31, 9, 0, 0, 0, 0, 1, 2, 3], [1, 22, 128 + 20, 9, 0, 0, 0, 0, 1, 2, 3],
        ] as [[UInt8]]) func aLyingHeader(_ bytes: [UInt8]) throws
    {
        let error = bantamError {
            _ = try bytes.withUnsafeBytes { try CodedArray.checkStructure(of: $0) }
        }
        #expect(error != nil)
    }
}
