import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamCoding

/// Longer blocks of all forms, which `check_max.py` beside them decodes with code of its own: among them blocks that
/// begin inside a row and such that learn long enough to slow down.
@Suite struct MaxFixtureTests {
    struct Block: CustomTestStringConvertible {
        var name: String
        var context: BlockContext
        var raw: [UInt8]
        /// In each form.
        var coded: [[UInt8]]
        var testDescription: String { name }
    }

    static let blocks: [Block] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let text = try? String(
            contentsOf: fixtures(folder.path).appendingPathComponent("max_blocks.txt"), encoding: .utf8)
        return (text ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 5 + MaxForm.all.count, let dtype = DType(rawValue: fields[1]),
                let columns = Int(fields[2]),
                let first = Int(fields[3])
            else { return nil }
            return Block(
                name: fields[0],
                context: BlockContext(dtype, columns: columns, firstElement: first),
                raw: DenseFixtureTests.bytes(fields[4]), coded: fields[5...].map(DenseFixtureTests.bytes))
        }
    }()

    @Test func allAreThere() { #expect(Self.blocks.count == 15) }

    @Test(arguments: blocks) func readAndWritten(_ block: Block) throws {
        for (form, coded) in zip(MaxForm.all, block.coded) {
            #expect(try MaxBlockTests.decoded(coded, block.context, block.raw.count, form) == block.raw)
            #expect(MaxBlockTests.coded(block.raw, block.context, form) == coded)
        }
    }
}
