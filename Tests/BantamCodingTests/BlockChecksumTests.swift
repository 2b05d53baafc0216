import BantamTensors
import Testing

@testable import BantamCoding

/// Checksums of blocks that are added in any order, against that of the whole.
@Suite struct BlockChecksumTests {
    @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]])
    func theOrderOfBlocksDoesNotMatter(order: [Int]) {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
        withChecksum(of: bytes, in: [0..<4096, 4096..<4097, 4097..<8192, 8192..<10_000]) { checksum in
            for index in order { checksum.add(index) }
            #expect(checksum.finish() == Checksum(of: bytes))
        }
    }

    @Test func threadsMayAddAtOnce() throws {
        let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let ranges = stride(from: 0, to: bytes.count, by: 4096).map { $0..<$0 + 4096 }
        try withChecksum(of: bytes, in: ranges) { checksum in
            try Workers(4).forEach(ranges.count) { checksum.add($0) }
            #expect(checksum.finish() == Checksum(of: bytes))
        }
    }

    private func withChecksum(
        of bytes: [UInt8], in ranges: [Range<Int>], _ body: (BlockChecksum) throws -> Void
    ) rethrows {
        var bytes = bytes
        try bytes.withUnsafeMutableBytes { try body(BlockChecksum(of: BlockTarget(bytes: $0), in: ranges)) }
    }
}
