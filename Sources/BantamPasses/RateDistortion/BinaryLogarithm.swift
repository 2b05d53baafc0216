// Why: rates decide what is stored, and a library's logarithm may differ in its last bits between processors.

/// log₂ by integer arithmetic, the same on every processor.
enum BinaryLogarithm {
    /// The bits after the point.
    static let fractionBits = 16

    /// ⌊log₂ n · 2¹⁶⌋ for n from 1 on.
    ///
    /// The next 12 bits of the mantissa look up its logarithm; what is below them counts as if the logarithm were
    /// straight there, which is off by less than 2⁻²⁴.
    static func fixedPoint(_ number: UInt64) -> Int {
        let length = 63 - number.leadingZeroBitCount
        let mantissa = number << UInt64(63 - length)
        let place = Int(mantissa >> 51 & 0xfff)
        let between = Int(mantissa >> 35 & 0xffff)
        let low = table[place]
        let high = table[place + 1]
        return length << fractionBits + (low << 16 + (high - low) * between) >> (16 + extraBits)
    }

    /// log₂ of a number above 0, to 2⁻¹⁶.
    static func of(_ number: Double) -> Double {
        let mantissa = UInt64(number.significandBitPattern) | 1 << 52
        let fraction = fixedPoint(mantissa) - 52 << fractionBits
        return Double(number.exponent) + Double(fraction) / Double(1 << fractionBits)
    }

    private static let extraBits = 8

    /// log₂(1 + i/4096) with 24 bits after the point.
    private static let table: [Int] = (0...4096).map { logarithm(of: UInt64(4096 + $0)) }

    /// Squares a mantissa in [1, 2) bit after bit: each square at or above 2 is a one of the logarithm.
    /// Source: D. E. Knuth, The Art of Computer Programming 1, 1997, exercise 1.2.2-25, in base 2.
    private static func logarithm(of number: UInt64) -> Int {
        guard number < 8192 else { return 1 << (fractionBits + extraBits) }
        var mantissa = number << 19
        var result = 0
        for _ in 0..<fractionBits + extraBits {
            mantissa = (mantissa * mantissa) >> 31
            result <<= 1
            if mantissa >= 1 << 32 {
                mantissa >>= 1
                result |= 1
            }
        }
        return result
    }
}
