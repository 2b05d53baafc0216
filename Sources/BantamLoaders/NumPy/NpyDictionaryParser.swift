// The header of an npy file is a Python dictionary literal. NumPy evaluates it as Python; here only the
// one dictionary the format describes is recognised, and nothing is evaluated.

import BantamTensors

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NpyDictionaryParser {
    /// What the dictionary says.
    struct Result: Equatable {
        /// The type code.
        var descriptor: String
        /// Whether the first axis runs fastest.
        var isFortranOrder: Bool
        /// The lengths of the axes.
        var axes: [Int]
    }

    private let bytes: UnsafeRawBufferPointer
    private let allowsLongSuffix: Bool
    private var offset = 0

    /// Parses the whole of `bytes`: the dictionary, then nothing but spaces and a closing newline.
    ///
    /// - Parameter allowsLongSuffix: whether `3L` is a number, as Python 2 wrote it.
    /// - Throws: ``BantamError`` of kind `corruption`, or `compatibility` for a structured dtype.
    static func parse(_ bytes: UnsafeRawBufferPointer, allowsLongSuffix: Bool) throws -> Result {
        var parser = NpyDictionaryParser(bytes, allowsLongSuffix: allowsLongSuffix)
        return try parser.dictionary()
    }

    private init(_ bytes: UnsafeRawBufferPointer, allowsLongSuffix: Bool) {
        self.bytes = bytes
        self.allowsLongSuffix = allowsLongSuffix
    }

    private mutating func dictionary() throws -> Result {
        var descriptor: String?
        var isFortranOrder: Bool?
        var axes: [Int]?
        try expect("{")
        while try !skip("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where descriptor == nil: descriptor = try descriptorValue()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
            case "shape" where axes == nil: axes = try tuple()
            case "descr", "fortran_order", "shape": throw fault("the key '\(key)' once", "it again")
            default: throw fault("one of the keys descr, fortran_order, shape", "'\(key)'")
            }
            if try skip(",") { continue }
            try expect("}")
            break
        }
        try expectPadding()
        guard let descriptor else { throw fault("the key 'descr'", "none") }
        guard let isFortranOrder else { throw fault("the key 'fortran_order'", "none") }
        guard let axes else { throw fault("the key 'shape'", "none") }
        return Result(descriptor: descriptor, isFortranOrder: isFortranOrder, axes: axes)
    }

    private mutating func descriptorValue() throws -> String {
        skipBlanks()
        if let next = peek(), next == UInt8(ascii: "[") || next == UInt8(ascii: "(") {
            throw BantamError(.compatibility, "structured dtypes are not tensors; expected one numeric type")
        }
        return try string()
    }

    private mutating func string() throws -> String {
        skipBlanks()
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw fault("a quoted string", found())
        }
        let start = offset + 1
        var end = start
        while end < bytes.count, bytes[end] != quote, bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 32 {
            end += 1
        }
        guard end < bytes.count, bytes[end] == quote else { throw fault("the end of a string", "none") }
        offset = end + 1
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private mutating func boolean() throws -> Bool {
        skipBlanks()
        for (word, value) in [("True", true), ("False", false)]
        where bytes[offset...].starts(with: word.utf8) {
            offset += word.utf8.count
            return value
        }
        throw fault("True or False", found())
    }

    /// `()`, `(3,)`, `(3, 4)`; a single number needs its comma, without which it is no tuple.
    private mutating func tuple() throws -> [Int] {
        var axes: [Int] = []
        var hasComma = false
        try expect("(")
        while try !skip(")") {
            axes.append(try number())
            if try skip(",") {
                hasComma = true
            } else {
                try expect(")")
                break
            }
        }
        guard axes.count != 1 || hasComma else { throw fault("a comma in a shape of one axis", "none") }
        return axes
    }

    private mutating func number() throws -> Int {
        skipBlanks()
        let start = offset
        var value = 0
        while let digit = peek(), digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw fault("a length below 2⁶³", "a larger one") }
            value = sum
            offset += 1
        }
        guard offset > start else { throw fault("a length of zero or more", found()) }
        guard offset == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw fault("a decimal number", "a leading zero")
        }
        if allowsLongSuffix, peek() == UInt8(ascii: "L") { offset += 1 }
        return value
    }

    private mutating func expectPadding() throws {
        while offset < bytes.count - 1, peek() == UInt8(ascii: " ") { offset += 1 }
        guard offset == bytes.count - 1, peek() == UInt8(ascii: "\n") else {
            throw fault("spaces and one newline after the dictionary", found())
        }
    }

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipBlanks() {
        while let next = peek(), next == 32 || (9...10).contains(next) || next == 13 { offset += 1 }
    }

    private mutating func skip(_ symbol: Unicode.Scalar) throws -> Bool {
        skipBlanks()
        guard let next = peek() else { throw fault("'\(symbol)'", "the end of the header") }
        guard next == UInt8(ascii: symbol) else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws {
        guard try skip(symbol) else { throw fault("'\(symbol)'", found()) }
    }

    private func found() -> String {
        peek().map { $0 < 128 ? "'\(Character(Unicode.Scalar($0)))'" : "byte \($0)" }
            ?? "the end of the header"
    }

    private func fault(_ expected: String, _ found: String) -> BantamError {
        BantamError(
            .corruption, "npy header: expected \(expected), found \(found) at character \(offset)")
    }
}
