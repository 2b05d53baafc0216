import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@Suite("safetensors, hostile")
struct SafetensorsHostileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Hostile/safetensors")
    static let corpus =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
        .filter { $0.hasSuffix(".safetensors") }.sorted() ?? []

    @Test("the corpus is there")
    func corpusIsThere() { #expect(Self.corpus.count >= 80) }

    @Test("every file of the corpus is refused with one line that names it", arguments: corpus)
    func corpusIsRefused(_ name: String) throws {
        let path = Self.folder.appendingPathComponent(name).path
        let error = try #require(bantamError { _ = try TensorFiles.open(path) }, "\(name) was accepted")
        #expect([.corruption, .insufficientData, .compatibility].contains(error.kind))
        #expect(error.description.hasPrefix(path + ": "))
        #expect(!error.description.contains("\n"))
    }

    /// A way for a header to lie, and what the error is to say about it.
    struct Lie: Sendable, CustomTestStringConvertible {
        var header: String
        var data = 4
        var kind = BantamError.Kind.corruption
        var tensor: String? = "a"
        var says: [String]
        var testDescription: String { String(header.prefix(100)) }
    }

    static func tensor(
        _ dtype: String = #""U8""#, _ shape: String = "[4]", _ offsets: String = "[0,4]", more: String = ""
    ) -> String {
        "{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)\(more)}"
    }

    static func lie(
        _ entry: String, data: Int = 4, _ kind: BantamError.Kind = .corruption, _ says: String...
    ) -> Lie {
        Lie(header: "{\"a\":\(entry)}", data: data, kind: kind, says: says)
    }

    static let lies: [Lie] = [
        Lie(header: "", data: 0, tensor: nil, says: ["header is empty"]),
        Lie(header: " {}", data: 0, tensor: nil, says: ["begins with '{'", "32"]),
        Lie(header: "{}\n", data: 0, tensor: nil, says: ["only spaces after the header", "10"]),
        Lie(header: "{}x", data: 0, tensor: nil, says: ["end of the document", "'x'"]),
        Lie(header: "{}", data: 4, tensor: nil, says: ["expected 0 bytes of data", "found 4"]),
        Lie(header: "{\"a\":\(tensor()),\"a\":\(tensor())}", tensor: nil, says: ["'a' occurs twice"]),
        Lie(header: "{\"__metadata__\":[]}", data: 0, tensor: nil, says: ["'__metadata__'", "an array"]),
        Lie(
            header: "{\"__metadata__\":{\"k\":true}}", data: 0, tensor: nil,
            says: ["'k'", "a string", "a boolean"]),
        lie(
            tensor(#""U8""#, "[" + String(repeating: "1,", count: 1 << 16) + "4]"), .corruption,
            "an array of more than 65536 elements"),
        lie("7", .corruption, "an object", "an integer"),
        lie(tensor(more: ",\"x\":0"), .corruption, "only dtype, shape and data_offsets", "'x'"),
        lie("{\"shape\":[4],\"data_offsets\":[0,4]}", .corruption, "dtype is missing"),
        lie("{\"dtype\":\"U8\",\"data_offsets\":[0,4]}", .corruption, "shape is missing"),
        lie("{\"dtype\":\"U8\",\"shape\":[4]}", .corruption, "data_offsets is missing"),
        lie(tensor("1"), .corruption, "dtype to be a string", "an integer"),
        lie(tensor(#""Q4""#), .compatibility, "'Q4' is not known"),
        lie(tensor(#""U8""#, "4"), .corruption, "shape to be an array", "an integer"),
        lie(tensor(#""U8""#, "[4.0]"), .corruption, "shape to hold integers", "no integer"),
        lie(tensor(#""U8""#, "[-4]"), .corruption, "shape of 0 or more", "-4"),
        lie(tensor(#""U8""#, "[4294967296,4294967296]"), .corruption, "more elements than can be counted"),
        lie(tensor(#""U8""#, "[5]"), .corruption, "expected 5 bytes for uint8 5", "data_offsets of 4"),
        lie(tensor(#""F4""#, "[7]"), .corruption, "7 elements of 4 bits do not fill whole bytes"),
        lie(tensor(#""U8""#, "[4]", "{}"), .corruption, "data_offsets to be an array", "an object"),
        lie(tensor(#""U8""#, "[4]", "[0]"), .corruption, "two data_offsets", "found 1"),
        lie(tensor(#""U8""#, "[4]", "[4,0]"), .corruption, "begin at 4", "end at 0"),
        lie(tensor(#""U8""#, "[4]", "[-4,0]"), .corruption, "0 or more", "-4"),
        lie(tensor(#""U8""#, "[4]", "[0,4]"), data: 3, .insufficientData, "end at 4", "only 3 bytes"),
        lie(tensor(#""U8""#, "[4]", "[1,5]"), data: 5, .corruption, "a hole", "begin at 0", "found 1"),
        Lie(
            header: "{\"a\":\(tensor())}", data: 5, tensor: nil,
            says: ["expected 4 bytes of data", "found 5"]),
        Lie(
            header: "{\"b\":\(tensor(#""U8""#, "[3]", "[0,3]")),\"a\":\(tensor(#""U8""#, "[2]", "[2,4]"))}",
            says: ["shares bytes", "begin at 3", "found 2"]),
        Lie(
            header: "{\"\u{e9}\":\(tensor()),\"e\u{301}\":\(tensor(#""U8""#, "[0]", "[4,4]"))}",
            kind: .compatibility,
            tensor: "e\u{301}", says: ["differs only in how Unicode"]),
    ]

    @Test("every way for a header to lie has an error of its own", arguments: lies)
    func lie(_ lie: Lie) throws {
        let header = Array(lie.header.utf8)
        let error = try #require(
            bantamError {
                _ = try header.withUnsafeBytes { try SafetensorsHeader(parsing: $0, dataByteCount: lie.data) }
            })
        #expect(error.kind == lie.kind)
        #expect(error.tensor == lie.tensor)
        for words in lie.says { #expect(error.message.contains(words), "\(error.message)") }
    }

    @Test("numbers at the edge of what can be counted do not trap")
    func edges() {
        let numbers = [
            "0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615",
            "-9223372036854775808",
            "4611686018427387904", "1e300",
        ]
        for a in numbers {
            for b in numbers {
                for dtype in ["U8", "F64", "F4"] {
                    for text in [
                        Self.tensor("\"\(dtype)\"", "[\(a),\(b)]"),
                        Self.tensor("\"\(dtype)\"", "[4]", "[\(a),\(b)]"),
                    ] {
                        let header = Array("{\"a\":\(text)}".utf8)
                        for dataByteCount in [0, 4, .max, -1] {
                            let error = bantamError {
                                let header = try header.withUnsafeBytes {
                                    try SafetensorsHeader(parsing: $0, dataByteCount: dataByteCount)
                                }
                                #expect(header.dataByteCount == dataByteCount)
                            }
                            if let error { #expect(error.kind != .internal) }
                        }
                    }
                }
            }
        }
    }

    @Test("a header of 100 000 tensors is read and written")
    func many() throws {
        let entries = (0..<100_000).map {
            TensorEntry(name: "layer.\($0).weight", dtype: .float32, shape: [2, 3])
        }
        let header = try SafetensorsHeader(layingOut: entries)
        let encoded = try header.encoded()
        let parsed = try encoded.withUnsafeBytes {
            try SafetensorsHeader(
                parsing: UnsafeRawBufferPointer(rebasing: $0[8...]), dataByteCount: header.dataByteCount)
        }
        #expect(parsed.items == header.items)
    }
}
