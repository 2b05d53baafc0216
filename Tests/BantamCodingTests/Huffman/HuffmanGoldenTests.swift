import BantamCoding
import BantamTensors
import Testing

/// Blocks as the first version wrote them, read by `docs/coders/huffman.py` too: every later version must read
/// them, and every machine write them.
@Suite struct HuffmanGoldenTests {
    struct Golden: CustomTestStringConvertible {
        var name: String
        var dtype: DType
        var raw: [UInt8]
        var coded: String
        var testDescription: String { name }
    }

    static let goldens: [Golden] = [
        Golden(
            name: "a raw plane and a coded one", dtype: .bfloat16,
            raw: MaxGoldenTests.bytes(40, width: 2) { 0x3f80 + ($0 * $0 % 7) << 5 + $0 * 37 % 5 },
            coded:
                "00004408828600440842068084084206400488820640044802868004480246008488024600440882"
                + "86027f8011050000002448912244"),
        Golden(
            name: "repeated planes", dtype: .uint32, raw: MaxGoldenTests.bytes(30, width: 4) { $0 * 3 },
            coded:
                "00000306090c0f1215181b1e2124272a2d303336393c3f4245484b4e5154570100000000000000000000000000000000"
                + "01000000000000000000000000000000000100000000000000000000000000000000"),
        Golden(
            name: "one stream", dtype: .int8, raw: GeneralPurposeCoders.text(100),
            coded: "020008032042020420000000a80036d52bddcaf7777701fff52a001b6a95eee5ffa95000db55b600db54af70"),
    ]

    @Test(arguments: goldens) func readAndWritten(_ golden: Golden) throws {
        let digits = Array(golden.coded)
        let coded: [UInt8] = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0..<$0 + 2]), radix: 16)
        }
        #expect(try HuffmanCoderTests.encoded(golden.raw, golden.dtype) == coded)
        #expect(try HuffmanCoderTests.decoded(coded, golden.dtype, golden.raw.count) == golden.raw)
    }

    /// A block of eight streams is too long to stand here; its bytes by their number and checksum.
    @Test func eightStreams() throws {
        let raw = MaxGoldenTests.bytes(5000, width: 1) { $0 * $0 % 97 * $0 % 31 }
        let coded = try #require(try HuffmanCoderTests.encoded(raw, .uint8))
        #expect(coded.count == 3115)
        #expect(Checksum(of: coded).description == "f695a3edafa03660")
        #expect(try HuffmanCoderTests.decoded(coded, .uint8, raw.count) == raw)
    }
}
