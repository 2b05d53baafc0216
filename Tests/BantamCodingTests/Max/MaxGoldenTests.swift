import BantamTensors
import Testing

@testable import BantamCoding

/// Blocks as the first version of each form wrote them, which every later one must read and every machine must write.
@Suite struct MaxGoldenTests {
    struct Golden: CustomTestStringConvertible {
        var name: String
        var dtype: DType
        var columns: Int
        var raw: [UInt8]
        /// In each form.
        var coded: String
        var second: String
        var third: String
        var testDescription: String { name }
    }

    /// Elements of `width` bytes, little-endian.
    static func bytes(_ count: Int, width: Int, _ element: (Int) -> Int) -> [UInt8] {
        (0..<count).flatMap { index -> [UInt8] in
            let value = element(index)
            return (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
    }

    static let goldens: [Golden] = [
        Golden(
            name: "numbers", dtype: .float32, columns: 6,
            raw: bytes(24, width: 4) { 0x3f80_0000 + ($0 * $0 % 17) << 21 + $0 * $0 * $0 * 37 },
            coded: "009aefc5abfd91332e1c6b3110208dda9266efd4d5738d2486b1a42a17396848f4db4ecabd6a7283"
                + "0700545d8d88fc3ae188b8bea951d1039f10f7a7cc2f51b8c8657cf9305203014728d299474c40",
            second: "009aefc5abfd483e5eb3f55164fccd6a4c3351a91ae204903a1446d24fd0f1b23dcf74b226347aa1"
                + "d9a9e656c85f544e22c2b1e455dc3b907a46d867b0931138dd43a01a3aef24e71ae44d126a5670",
            third: "009aefc5abfd943a5eb08028076ac59d442a6ebde284c79514f5cc424eafb127a9529b2a98008508"
                + "f5ed1736f67d80402076fc38be66dc772f5456478794d6f7c49c640063dad2929f815c88ec7dc0"),
        Golden(
            name: "numbers with zeros", dtype: .int8, columns: 8,
            raw: bytes(64, width: 1) { $0 * $0 % 7 == 1 ? $0 % 23 - 11 : 0 },
            coded: "40045cb80eb22d906d4f9c912000a2c639e96b04",
            second: "40045cb8182e5fc144ce4ea30daa49763fbad0c1",
            third: "40045cb8182e5fc144ce4ea30daa49763fbad0c1"),
        Golden(
            name: "differences", dtype: .uint16, columns: 0,
            raw: bytes(40, width: 2) { $0 * 19 + $0 * $0 % 11 },
            coded: "d00561ed035b154b93c7a381558f608add68cbb1c4bc31",
            second: "d00561ed035b14588fc613d99b1ebe50ca97be29a3d4f7",
            third: "d00561ed035b14588fc613d99b1ebe50ca97be29a3d4f7"),
        Golden(
            name: "bytes", dtype: .float6E2M3, columns: 4, raw: bytes(45, width: 1) { $0 % 5 * 50 },
            coded: "2ffab5d04c8796aa1fa2ea2680",
            second: "2ffab5d04c8796a99d67b92d18",
            third: "2ffab5d04c8796a99d67b92d18"),
        Golden(
            name: "bits", dtype: .uint8, columns: 2,
            raw: bytes(64, width: 1) { $0 * $0 % 13 == 4 ? 1 << ($0 % 8) : 0 },
            coded: "3f7155f2806a92c5b845b4581080",
            second: "3f7155f2883de6c8cd6afa953c",
            third: "3f7155f2883de6c8cd6afa953c"),
        Golden(
            name: "a number and an odd tail", dtype: .float16, columns: 0, raw: [1, 2, 3], coded: "2fde6420",
            second: "2fde6420",
            third: "2fde6420"),
        Golden(
            name: "nothing", dtype: .float64, columns: 0, raw: [], coded: "20",
            second: "20",
            third: "20"),
    ]

    @Test(arguments: goldens) func readAndWritten(_ golden: Golden) throws {
        let context = BlockContext(golden.dtype, columns: golden.columns)
        for (form, digits) in zip(MaxForm.all, [golden.coded, golden.second, golden.third]) {
            let coded = DenseFixtureTests.bytes(digits)
            #expect(MaxBlockTests.coded(golden.raw, context, form) == coded)
            #expect(try MaxBlockTests.decoded(coded, context, golden.raw.count, form) == golden.raw)
        }
    }

    @Test func goldensCoverEveryMethod() throws {
        let methods = Self.goldens.map { golden in
            golden.raw.withUnsafeBytes {
                BlockMethod.best(
                    for: $0,
                    BlockLayout(BlockContext(golden.dtype, columns: golden.columns), byteCount: $0.count),
                    .written)
            }
        }
        for (method, kind) in zip(methods, ["numbers", "numbers", "differences", "bytes", "bits", "bytes"]) {
            #expect("\(method)".hasPrefix(kind), "\(method)")
        }
    }
}
