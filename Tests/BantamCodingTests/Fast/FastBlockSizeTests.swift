import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

/// The size of the blocks is a guess from samples: held to what each size really gives.
@Suite struct FastBlockSizeTests {
    static let sizes = [1 << 18, 1 << 19, 1 << 20]

    /// Normal numbers in bfloat16, `count` of them, whose scale changes every `period` elements.
    static func bytes(_ count: Int, period: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: 5)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 * count)
        for index in 0..<count {
            let scale: Float = [0.02, 0.5, 0.08, 4][index / period % 4]
            let bits = UInt16(truncatingIfNeeded: (generator.normal() * scale).bitPattern >> 16)
            withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    @Test(arguments: [(1 << 30, 1 << 20), (1 << 17, 1 << 18), (1 << 18, 1 << 19), (1 << 10, 1 << 20)])
    func theSmallestIsChosen(period: Int, expected: Int) throws {
        let bytes = Self.bytes(1 << 20, period: period)
        try bytes.withUnsafeBytes { raw in
            let chosen = FastCoder().blockByteCount(for: raw, of: .bfloat16)
            #expect(chosen == expected)
            func size(_ blockByteCount: Int?) throws -> Int {
                try #require(
                    try CodedArray(
                        coding: raw, of: .bfloat16, with: FastCoder(), blockByteCount: blockByteCount,
                        workers: Workers(2))
                ).byteCount
            }
            let coded = try Self.sizes.map { try size($0) }
            #expect(try size(nil) == coded.min())
        }
    }

    @Test func arraysOfOneBlockAreNotCut() throws {
        let bytes = Self.bytes(1 << 18, period: 1 << 17)
        bytes.withUnsafeBytes { #expect(FastCoder().blockByteCount(for: $0, of: .bfloat16) == 1 << 20) }
        let others = [UInt8](repeating: 1, count: 2 << 20)
        others.withUnsafeBytes { #expect(FastCoder().blockByteCount(for: $0, of: .int64) == 1 << 20) }
    }
}
