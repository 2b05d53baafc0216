// Why: what ``BitWriter`` wrote, from bytes that may lie.

import BantamTensors

/// Bits in the order of ``BitWriter``; every read checks that they are there.
package struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// Reads `bytes`, which must stay there as long as the reader.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// `count` bits, 0 to 32.
    @inline(__always)
    package mutating func read(bits count: Int) throws -> UInt32 {
        guard bytes.count * 8 - position >= count else {
            throw BantamError(
                .corruption, "expected \(count) more bits of a trellis-coded tensor, found an end")
        }
        defer { position += count }
        return UInt32(truncatingIfNeeded: next & (1 << UInt64(count) - 1))
    }

    /// The next bits, at least 57 of them unless the bytes end before; zeros beyond these.
    @inline(__always)
    private var next: UInt64 {
        let first = position >> 3
        guard bytes.count - first < 8 else {
            let eight = bytes.loadUnaligned(fromByteOffset: first, as: UInt64.self)
            return UInt64(littleEndian: eight) >> UInt64(position & 7)
        }
        return nextOfLast
    }

    /// The same where fewer than 8 bytes are left.
    @inline(never)
    private var nextOfLast: UInt64 {
        let rest = bytes[(position >> 3)...].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return rest >> UInt64(position & 7)
    }

    /// What ``BitWriter/writeGamma(_:)`` wrote.
    @inline(__always)
    package mutating func readGamma() throws -> UInt32 {
        let length = (~next).trailingZeroBitCount
        guard length < 32 else {
            throw BantamError(.corruption, "expected a number of at most 32 bits, found a longer one")
        }
        _ = try read(bits: length + 1)
        return UInt32(1) << UInt32(length) | (try read(bits: length))
    }

    /// What ``BitWriter/writeExponential(_:parameter:)`` wrote, with a parameter of 0 to 16.
    package mutating func readExponential(parameter: Int) throws -> UInt32 {
        let above = try readGamma() - 1
        guard above < UInt32(1) << UInt32(31 - parameter) else {
            throw BantamError(.corruption, "expected a number of at most 31 bits, found a longer one")
        }
        return above << UInt32(parameter) | (try read(bits: parameter))
    }

    /// What ``BitWriter/writeSigned(_:parameter:)`` wrote: a number within ±2³⁰.
    package mutating func readSigned(parameter: Int) throws -> Int32 {
        let value = try readExponential(parameter: parameter)
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }

    /// Checks that no whole byte is left and that the bits after the last one read are zero.
    package func finish() throws {
        let left = bytes.count * 8 - position
        guard left < 8, left == 0 || bytes[bytes.count - 1] >> UInt8(8 - left) == 0 else {
            throw BantamError(.corruption, "expected the end of a list of bits, found \(left) more")
        }
    }
}
