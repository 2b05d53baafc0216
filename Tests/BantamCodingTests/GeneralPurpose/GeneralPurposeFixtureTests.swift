import BantamCoding
import BantamTensors
import Testing

/// Blocks that Python's own modules made, with
/// ```python
/// import bz2, zlib, lz4.block  # lz4 4.4
/// squares = bytes(i * i % 7 for i in range(300)); zeros = bytes(3000)
/// steps = bytes(i * 37 % 251 for i in range(40))
/// def deflate(data, level, strategy=zlib.Z_DEFAULT_STRATEGY):
///     stream = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
///     return stream.compress(data) + stream.flush()
/// for block in (deflate(squares, 9), deflate(squares, 9, zlib.Z_HUFFMAN_ONLY), deflate(zeros, 9), deflate(steps, 0),
///               bz2.compress(squares, 1), bz2.compress(zeros, 9), bz2.compress(steps, 9),
///               lz4.block.compress(squares, store_size=False),
///               lz4.block.compress(zeros, mode="high_compression", compression=12, store_size=False),
///               lz4.block.compress(steps, store_size=False)):
///     print(block.hex())
/// ```
@Suite struct GeneralPurposeFixtureTests {
    private static let squares = (0..<300).map { UInt8($0 * $0 % 7) }
    private static let zeros = [UInt8](repeating: 0, count: 3000)
    private static let steps = (0..<40).map { UInt8($0 * 37 % 251) }

    @Test(arguments: [
        (
            "zlib", squares,
            "636064616262616418a5085300"
        ),
        (
            "zlib", squares,
            "05c1810d00000082a074fe7f7330d218698c34461a238d91c64863a431d218698c34461a238d91c6"
                + "4863a431d218698c34461a238d91c64863a431d218698c34461a238d91c64863a431d218698c3446"
                + "1a238d91c64863a431d218698cb403"
        ),
        (
            "zlib", zeros,
            "edc13101000000c2a0f54f6d0d0fa00000807703"
        ),
        (
            "zlib", steps,
            "012800d7ff00254a6f94b9de082d52779cc1e610355a7fa4c9ee183d6287acd1f620456a8fb4d903"
                + "284d7297bc"
        ),
        (
            "bzip2", squares,
            "425a68313141592653593b41dc9a00001540007400200030cd3413549ea749625e25c4b44b12f8bb"
                + "9229c28481da0ee4d0"
        ),
        (
            "bzip2", zeros,
            "425a6839314159265359b0da615b000005c008c00000008008200030cc089a4a5003c5dc914e1424"
                + "2c369856c0"
        ),
        (
            "bzip2", steps,
            "425a683931415926535923f8a6d00000007fffc84040404242020202121010101090808080848404"
                + "040424202020210101010020002288680c83262609a182186469a699184c8c1340621194e95bf0c7"
                + "2cf42175db7e0c7e509574b635cfee1e7bf4653a57f17724538509023f8a6d00"
        ),
        (
            "lz4", squares,
            "7f000104020204010700ff0e500104020204"
        ),
        (
            "lz4", zeros,
            "1f000100ffffffffffffffffffffffaa500000000000"
        ),
        (
            "lz4", steps,
            "f01900254a6f94b9de082d52779cc1e610355a7fa4c9ee183d6287acd1f620456a8fb4d903284d72"
                + "97bc"
        ),
    ]) func blocksOfPythonAreRead(_ name: String, _ expected: [UInt8], _ hexadecimal: String) throws {
        let coder = try GeneralPurposeCoders.coder(name)
        let digits = try hexadecimal.map { UInt8(try #require($0.hexDigitValue)) }
        let block = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        #expect(try GeneralPurposeCoders.decoded(block, coder, expected.count) == expected)
    }
}
