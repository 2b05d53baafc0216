import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamCoding

/// Blocks as the first version wrote them, which every later one must read and every machine must write.
/// `check_dense.py` beside them decodes the same with code of its own.
@Suite struct DenseFixtureTests {
    struct Block {
        var name: String
        var context: BlockContext
        var raw: [UInt8]
        var coded: [UInt8]
    }

    static func blocks() throws -> [Block] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let text = try String(
            contentsOf: fixtures(folder.path).appendingPathComponent("dense_blocks.txt"), encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ").map(String.init)
            try #require(fields.count == 6)
            let dtype = try #require(DType(rawValue: fields[1]))
            return Block(
                name: fields[0],
                context: BlockContext(
                    dtype, columns: try #require(Int(fields[2])), firstElement: try #require(Int(fields[3]))),
                raw: bytes(fields[4]), coded: bytes(fields[5]))
        }
    }

    static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0..<$0 + 2]), radix: 16)
        }
    }

    @Test func readAndWritten() throws {
        let blocks = try Self.blocks()
        #expect(blocks.count == 17)
        for block in blocks {
            for level in FastCoderTests.levels {
                let (read, written) = try FastCoderTests.atLevel(level) {
                    (
                        try DenseCoderTests.decoded(block.coded, block.context, block.raw.count),
                        try DenseCoderTests.encoded(block.raw, block.context)
                    )
                }
                #expect(read == block.raw, "\(block.name)")
                #expect(written == block.coded, "\(block.name)")
            }
        }
    }
}
