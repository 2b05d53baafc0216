// Headers come from untrusted files: every read here is checked against the bytes that are there.

import BantamTensors

/// Reads little-endian numbers from the front of some bytes and never past their end.
struct ByteReader {
    /// The bytes; they must outlive the reader.
    let bytes: UnsafeRawBufferPointer
    /// Where the next read begins.
    private(set) var offset: Int
    /// What the bytes are, for the message when they end too early.
    let what: String

    /// A reader of `bytes` from `offset` on.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0, what: String) throws {
        guard offset >= 0, offset <= bytes.count else {
            throw BantamError(
                .insufficientData, "expected \(what) at byte \(offset), found the end at \(bytes.count)")
        }
        self.bytes = bytes
        self.offset = offset
        self.what = what
    }

    /// The bytes that are left.
    var remaining: Int { bytes.count - offset }

    /// The next `count` bytes.
    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw BantamError(
                .insufficientData, "expected \(count) bytes of \(what) at byte \(offset), found \(remaining)")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// The next number.
    mutating func next<Number: FixedWidthInteger & BitwiseCopyable>(as type: Number.Type) throws -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    /// The next 64-bit number, which is a length or a position.
    mutating func nextCount() throws -> Int {
        let number = try next(as: UInt64.self)
        guard let count = Int(exactly: number) else {
            throw BantamError(.corruption, "\(what): expected a number below 2⁶³, found \(number)")
        }
        return count
    }
}

extension [UInt8] {
    /// Appends a number, lowest byte first.
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
