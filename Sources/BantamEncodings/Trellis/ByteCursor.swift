// Why: byte counts in a file may lie; nothing is read that is not there.

import BantamTensors

/// Bytes that are taken from the front.
package struct ByteCursor {
    /// What is left.
    package private(set) var rest: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// The next `count` bytes.
    package mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard 0...rest.count ~= count else {
            throw BantamError(
                .corruption, "expected \(count) more bytes of a trellis-coded tensor, found \(rest.count)")
        }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    /// A number of up to 35 bits, seven in each byte, the lowest first, the top bit set on all bytes but the last.
    package mutating func takeVariable() throws -> Int {
        var value = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = try take(1)[0]
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw BantamError(.corruption, "expected a number of at most 5 bytes, found a longer one")
    }
}

extension [UInt8] {
    /// Appends what ``ByteCursor/takeVariable()`` takes: a number below 2³⁵.
    package mutating func append(variable value: Int) {
        var left = value
        while left >= 0x80 {
            append(UInt8(left & 0x7f) | 0x80)
            left >>= 7
        }
        append(UInt8(left))
    }
}
