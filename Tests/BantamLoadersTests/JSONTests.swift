import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@Suite("JSON")
struct JSONTests {
    static let valid = [
        "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "0.5", "-0.0",
        "1e3",
        "1E+2", "1.25e-3", "\"\"", "\"a\"", "[]", "{}", " [ 1 , 2 ] ",
        "{\"a\":1,\"b\":[true,null,{\"c\":\"d\"}]}",
        "\"\\u00e9\\n\\t\\\\\\/\\\"\\b\\f\\r\"", "\"\\ud83d\\ude00 😀 é\"", "\"\\u0000\"", "\"\u{7f}\"",
        "{\"e\\u0301\":1,\"\\u00e9\":2,\"K\":3,\"\u{212a}\":4}", "\t\r\n[\n]\n", "1.7976931348623157e308",
        "1e-400",
    ]

    @Test("agrees with Foundation on valid documents", arguments: valid)
    func agreesWithFoundation(_ document: String) throws {
        let json = try JSON(parsing: document)
        let reference = try JSONSerialization.jsonObject(
            with: Data(document.utf8), options: .fragmentsAllowed)
        #expect(matches(json, reference))
        // Written out, it is the same to Foundation, and to ourselves.
        let written = try JSONSerialization.jsonObject(with: Data(json.encoded()), options: .fragmentsAllowed)
        #expect(matches(json, written))
        #expect(try JSON(parsing: json.text) == json)
    }

    static let invalid: [String] = [
        "", " ", "nul", "True", "truee", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"",
        "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "01", "-01", "00", "-", "+1", "1.", ".5", "1e", "1e+",
        "1.e1",
        "0x1", "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999999999999999999999999999", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"\\ud800\\ud800\"", "\"\n\"", "\"\\n\t\"", "\"\u{1}\"", "1 2", "{} {}", "[]x", "'a'", "\u{feff}1",
        "\u{a0}1", "/**/1",
    ]

    @Test("refuses documents that are not JSON, saying where", arguments: invalid)
    func refuses(_ document: String) throws {
        let error = try #require(bantamError { _ = try JSON(parsing: document) })
        #expect(error.kind == .corruption)
        #expect(error.message.hasPrefix("invalid JSON at byte "))
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80],
        ] as [[UInt8]])
    func refusesOtherEncodings(_ bytes: [UInt8]) throws {
        for prefix in ["\"", "\"\\n"] {
            let document = Array(prefix.utf8) + bytes + [UInt8(ascii: "\"")]
            let error = bantamError { _ = try document.withUnsafeBytes { try JSON(parsing: $0) } }
            #expect(error?.message.contains("not UTF-8") == true)
        }
    }

    @Test("keeps the order of keys, and looks them up by their bytes")
    func keepsOrder() throws {
        let json = try JSON(parsing: "{\"z\":1,\"a\":2,\"\u{212a}\":3}")
        #expect(json.objectValue?.map(\.key) == ["z", "a", "\u{212a}"])
        #expect(json["a"]?.integerValue == 2)
        #expect(json["K"] == nil)  // the Kelvin sign is not K
        #expect(json["z"]?["a"] == nil)
        #expect(json.text == "{\"z\":1,\"a\":2,\"\u{212a}\":3}")
    }

    @Test("accessors give nothing for another kind, and never round")
    func accessors() throws {
        #expect(try JSON(parsing: "1.0").integerValue == nil)
        #expect(try JSON(parsing: "1.0").doubleValue == 1)
        #expect(try JSON(parsing: "3").doubleValue == 3)
        #expect(try JSON(parsing: "\"3\"").doubleValue == nil)
        #expect(try JSON(parsing: "true").integerValue == nil)
        #expect(try JSON(parsing: "1").boolValue == nil)
        #expect(try JSON(parsing: "-0").doubleValue?.sign == .minus)
        #expect(try JSON(parsing: "[]").objectValue == nil)
        #expect(try JSON(parsing: "{}").arrayValue == nil)
        #expect(try JSON(parsing: "{}").stringValue == nil)
    }

    @Test("nesting stops at the limit, however deep the document goes")
    func depth() throws {
        let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try JSON(parsing: deep(64)) }
        #expect(bantamError { _ = try JSON(parsing: deep(65)) }?.message.contains("64 levels") == true)
        #expect(bantamError { _ = try JSON(parsing: String(repeating: "[", count: 1 << 20)) } != nil)
        #expect(bantamError { _ = try JSON(parsing: String(repeating: "{\"a\":", count: 1 << 20)) } != nil)
        #expect(bantamError { _ = try JSON(parsing: deep(3), depthLimit: 2) } != nil)
    }

    @Test("leading blanks are refused where asked")
    func leadingBlanks() throws {
        let text = Array(" {}".utf8)
        #expect(try text.withUnsafeBytes { try JSON(parsing: $0) } == .object([]))
        #expect(
            bantamError { _ = try text.withUnsafeBytes { try JSON(parsing: $0, leadingBlanks: false) } }
                != nil)
    }

    @Test("duplicate keys are found among many")
    func manyKeys() throws {
        let keys = (0..<1000).map { "\"k\($0)\":0" }
        #expect(try JSON(parsing: "{" + keys.joined(separator: ",") + "}").objectValue?.count == 1000)
        for duplicate in [0, 7, 8, 999] {
            let text = "{" + (keys + ["\"k\(duplicate)\":0"]).joined(separator: ",") + "}"
            #expect(
                bantamError { _ = try JSON(parsing: text) }?.message.contains("'k\(duplicate)' occurs twice")
                    == true)
        }
    }

    @Test("escapes what it must and nothing else")
    func escapes() {
        let all = String(String.UnicodeScalarView((0..<0x20).map { Unicode.Scalar($0) })) + "\"\\/\u{7f}é😀"
        let expected =
            #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
            + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"#
            + "\\\"\\\\/\u{7f}é😀\""
        #expect(JSON.string(all).text == expected)
        #expect(JSON.array([.number(.nan), .number(.infinity), .number(0.1)]).text == "[null,null,0.1]")
    }

    @Test("any single changed byte is read or refused, never a trap")
    func mutations() {
        let document = Array(
            "{\"a\":[1,-2.5e3,\"\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":null,\"d\":true}}".utf8)
        var refused = 0
        for position in document.indices {
            for byte in UInt8.min...UInt8.max {
                var mutated = document
                mutated[position] = byte
                if bantamError({ _ = try mutated.withUnsafeBytes { try JSON(parsing: $0) } }) != nil {
                    refused += 1
                }
            }
        }
        #expect(refused > document.count * 128)
    }
}

/// Whether Foundation sees the same document. Its dictionaries have no order, so only the values count.
private func matches(_ json: JSON, _ reference: Any) -> Bool {
    switch json {
    case .null: return reference is NSNull
    case .bool(let value): return (reference as? NSNumber)?.boolValue == value && reference as? Bool == value
    case .integer(let value): return (reference as? NSNumber)?.int64Value == Int64(value)
    case .number(let value): return (reference as? NSNumber)?.doubleValue == value
    case .string(let value): return (reference as? String).map { $0.utf8.elementsEqual(value.utf8) } == true
    case .array(let elements):
        guard let reference = reference as? [Any], reference.count == elements.count else { return false }
        return zip(elements, reference).allSatisfy { matches($0, $1) }
    case .object(let members):
        guard let reference = reference as? [String: Any] else { return false }
        return members.allSatisfy { member in
            // Foundation merges keys that look the same.
            members.contains { $0.key == member.key && $0 != member }
                || reference[member.key].map { matches(member.value, $0) } == true
        }
    }
}
