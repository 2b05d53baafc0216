import BantamTensors

/// Reads one document from front to back. Nesting is recursion, which `depthLimit` keeps shallow.
///
/// Whoever knows what a document has to look like walks its outer object with ``forEachMember(_:)`` and so never
/// holds the whole of it.
struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    /// How deep arrays and objects may nest.
    let depthLimit: Int
    /// How many elements an array may have.
    let arrayLimit: Int
    private(set) var position = 0
    private var depth = 0

    init(bytes: UnsafeRawBufferPointer, depthLimit: Int, arrayLimit: Int = .max) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        self.arrayLimit = arrayLimit
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
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    mutating func word(_ text: StaticString, _ value: JSON) throws -> JSON {
        for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) {
            throw unexpected("'\(text)'")
        }
        return value
    }

    /// Nothing may follow the document but blanks.
    mutating func finish() throws {
        skipBlanks()
        guard position == bytes.count else { throw unexpected("the end of the document") }
    }
}

// MARK: arrays and objects

extension JSONParser {
    mutating func array() throws -> JSON {
        try enter()
        defer { depth -= 1 }
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array([]) }
        var elements: [JSON] = []
        elements.reserveCapacity(4)
        while true {
            guard elements.count < arrayLimit else {
                throw fault("an array of more than \(arrayLimit) elements")
            }
            skipBlanks()
            elements.append(try value())
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or ']'") }
        }
    }

    mutating func object() throws -> JSON {
        var members: [JSON.Member] = []
        members.reserveCapacity(4)
        try forEachMember { members.append(JSON.Member($1, try $0.value())) }
        return .object(members)
    }

    /// Calls `body` at the value of each key of the object that begins here; `body` reads that value.
    mutating func forEachMember(_ body: (inout JSONParser, String) throws -> Void) throws {
        guard next == UInt8(ascii: "{") else { throw unexpected("an object") }
        try enter()
        defer { depth -= 1 }
        skipBlanks()
        if take(UInt8(ascii: "}")) { return }
        var keys = KeySet()
        while true {
            skipBlanks()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try string()
            guard keys.insert(key) else { throw fault("the key '\(key)' occurs twice", at: start) }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
            skipBlanks()
            try body(&self, key)
            skipBlanks()
            if take(UInt8(ascii: "}")) { return }
            guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '}'") }
        }
    }

    private mutating func enter() throws {
        guard depth < depthLimit else { throw fault("nested deeper than \(depthLimit) levels") }
        depth += 1
        position += 1
    }

    /// The keys of one object: compared one by one while they are few, hashed once they are many.
    private struct KeySet {
        private var few: [ExactString] = []
        private var many: Set<ExactString> = []

        /// Whether the key is new.
        mutating func insert(_ key: String) -> Bool {
            let key = ExactString(key)
            guard many.isEmpty else { return many.insert(key).inserted }
            guard !few.contains(key) else { return false }
            few.append(key)
            if few.count > 8 { many = Set(few) }
            return true
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
