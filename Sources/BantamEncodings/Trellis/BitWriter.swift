// Why: tables, classes and escapes are few numbers of few bits, of which bytes would waste half.

/// Bits in order, the first one the lowest of the first byte.
package struct BitWriter {
    /// The bytes so far; the last one is filled up with zero bits.
    package private(set) var bytes: [UInt8] = []
    private var bitCount = 0

    package init() {}

    /// The lowest `count` bits of `value`, 0 to 32.
    package mutating func write(_ value: UInt32, bits count: Int) {
        for bit in 0..<count {
            if bitCount & 7 == 0 { bytes.append(0) }
            bytes[bytes.count - 1] |= UInt8(value >> UInt32(bit) & 1) << UInt8(bitCount & 7)
            bitCount += 1
        }
    }

    /// A number from 1 on: its length less one in ones, a zero, and what follows its top bit.
    /// Source: P. Elias, "Universal codeword sets and representations of the integers", 1975.
    package mutating func writeGamma(_ value: UInt32) {
        let length = 31 - value.leadingZeroBitCount
        write(UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(length)) - 1), bits: length)
        write(0, bits: 1)
        write(value, bits: length)
    }

    /// A number from 0 on: what is above `parameter` bits as gamma, and those bits.
    /// Source: J. Teuhola, "A compression method for clustered bit-vectors", 1978.
    package mutating func writeExponential(_ value: UInt32, parameter: Int) {
        writeGamma(value >> UInt32(parameter) + 1)
        write(value, bits: parameter)
    }

    /// A number of either sign, small ones short.
    package mutating func writeSigned(_ value: Int32, parameter: Int) {
        writeExponential(UInt32(bitPattern: value << 1 ^ value >> 31), parameter: parameter)
    }

    /// The bits `writeSigned` would write.
    package static func bits(ofSigned value: Int32, parameter: Int) -> Int {
        let above = UInt32(bitPattern: value << 1 ^ value >> 31) >> UInt32(parameter) + 1
        return 2 * (31 - above.leadingZeroBitCount) + 1 + parameter
    }
}
