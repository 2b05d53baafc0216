import BantamTensors

extension JSON {
    /// The document in `bytes`, by the letter of RFC 8259 and stricter where that leaves room.
    ///
    /// Refused are also: keys that occur twice in one object, text that is not UTF-8, surrogates without their
    /// partner, integers outside `Int`, numbers outside `Double`, a byte order mark, anything after the
    /// document but blanks.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - leadingBlanks: whether blanks may stand before the document.
    ///   - depthLimit: how deep arrays and objects may nest.
    /// - Throws: ``BantamError`` of kind `corruption` that gives the position in `bytes`.
    /// - Complexity: O(bytes).
    public init(
        parsing bytes: UnsafeRawBufferPointer, leadingBlanks: Bool = true, depthLimit: Int = 64
    ) throws {
        var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
        if leadingBlanks { parser.skipBlanks() }
        self = try parser.value()
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.unexpected("the end of the document") }
    }

    /// The document in `text`; see ``init(parsing:leadingBlanks:depthLimit:)``.
    public init(parsing text: String, depthLimit: Int = 64) throws {
        var text = text
        self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0), depthLimit: depthLimit) }
    }
}

/// Reads one document from front to back. Nesting is recursion, which `depthLimit` keeps shallow.
private struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let depthLimit: Int
    var position = 0
    var depth = 0

    init(bytes: UnsafeRawBufferPointer, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// The byte at the position, `nil` at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    func fault(_ message: String, at place: Int? = nil) -> BantamError {
        BantamError(.corruption, "invalid JSON at byte \(place ?? position): \(message)")
    }

    func unexpected(_ expected: String) -> BantamError {
        guard let byte = next else { return fault("expected \(expected), found the end") }
        let found =
            byte > 0x20 && byte < 0x7f ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
        return fault("expected \(expected), found \(found)")
    }

    mutating func value() throws -> JSON {
        switch next {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    mutating func nested(_ body: (inout JSONParser) throws -> JSON) throws -> JSON {
        guard depth < depthLimit else { throw fault("nested deeper than \(depthLimit) levels") }
        depth += 1
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    mutating func word(_ text: StaticString, _ value: JSON) throws -> JSON {
        for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) {
            throw unexpected("'\(text)'")
        }
        return value
    }

    mutating func array() throws -> JSON {
        var elements: [JSON] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipBlanks()
            elements.append(try value())
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or ']'") }
        }
    }

    mutating func object() throws -> JSON {
        var members: [JSON.Member] = []
        var seen = KeySet()
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try string()
            guard seen.insert(key, after: members) else {
                throw fault("the key '\(key)' occurs twice", at: start)
            }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
            skipBlanks()
            members.append(JSON.Member(key, try value()))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
        }
    }

    /// The keys of one object: compared one by one while they are few, hashed once they are many.
    private struct KeySet {
        private var hashed: Set<ExactString> = []

        mutating func insert(_ key: String, after members: [JSON.Member]) -> Bool {
            guard members.count >= 8 else {
                return !members.contains { ExactString($0.key) == ExactString(key) }
            }
            if hashed.isEmpty { hashed = Set(members.map { ExactString($0.key) }) }
            return hashed.insert(ExactString(key)).inserted
        }
    }
}

// MARK: numbers

extension JSONParser {
    mutating func number() throws -> JSON {
        let start = position
        let negative = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if isDigit(next) { throw fault("a number with a leading zero", at: start) }
        } else {
            try digits()
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        if isInteger, let value = integer(start + (negative ? 1 : 0), negative: negative) {
            return negative && value == 0 ? .number(-0.0) : .integer(value)
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        guard !isInteger else {
            throw fault("the integer \(abbreviated(text)) does not fit 64 bits", at: start)
        }
        guard let value = Double(text), value.isFinite else {
            throw fault("the number \(abbreviated(text)) is too large", at: start)
        }
        return .number(value)
    }

    private mutating func digits() throws {
        guard isDigit(next) else { throw unexpected("a digit") }
        while isDigit(next) { position += 1 }
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte &- UInt8(ascii: "0") < 10
    }

    private func integer(_ start: Int, negative: Bool) -> Int? {
        var value = 0
        for byte in bytes[start..<position] {
            let digit = Int(byte - UInt8(ascii: "0"))
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                negative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    private func abbreviated(_ text: String) -> String { text.count > 40 ? text.prefix(40) + "…" : text }
}

// MARK: strings

extension JSONParser {
    mutating func string() throws -> String {
        let start = position
        position += 1
        let first = position
        // Most strings have no escape: they are taken over whole.
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            position += 1
        }
        if next == UInt8(ascii: "\"") {
            position += 1
            return try text(UnsafeRawBufferPointer(rebasing: bytes[first..<position - 1]), at: start)
        }
        var decoded = [UInt8](bytes[first..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try decoded.withUnsafeBytes { try text($0, at: start) }
            case UInt8(ascii: "\\"): try escape(into: &decoded)
            case 0..<0x20: throw fault("the control character \(byte) in a string", at: position - 1)
            default: decoded.append(byte)
            }
        }
        throw fault("a string without end", at: start)
    }

    private func text(_ bytes: UnsafeRawBufferPointer, at start: Int) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fault("a string that is not UTF-8", at: start)
        }
        return text
    }

    private mutating func escape(into decoded: inout [UInt8]) throws {
        let start = position - 1
        guard let byte = next else { throw unexpected("an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0c)
        case UInt8(ascii: "n"): decoded.append(0x0a)
        case UInt8(ascii: "r"): decoded.append(0x0d)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"): decoded.append(contentsOf: String(try scalar(from: start)).utf8)
        default: throw fault("an escape that JSON does not have", at: start)
        }
    }

    private mutating func scalar(from start: Int) throws -> Character {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return Character(scalar) }
        guard unit < 0xdc00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw fault("a surrogate without its partner", at: start)
        }
        let partner = try hexadecimal()
        guard partner >= 0xdc00, partner <= 0xdfff,
            let scalar = Unicode.Scalar(0x10000 + ((unit - 0xd800) << 10) + (partner - 0xdc00))
        else { throw fault("a surrogate without its partner", at: start) }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
            else {
                throw unexpected("four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
