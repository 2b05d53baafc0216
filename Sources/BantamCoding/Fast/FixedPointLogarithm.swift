// Why: the frequencies in a file must not depend on a processor's or a library's logarithm.

/// log₂ of 1…256 as integers, rounded down.
enum FixedPointLogarithm {
    /// The bits after the point.
    static let fractionBits = 16

    /// `table[n]` is ⌊log₂ n · 2¹⁶⌋ for n from 1 to 256; `table[0]` is 0 and means nothing.
    static let table: [UInt64] = [0] + (1...256).map { logarithm(of: $0) }

    /// Squares a mantissa in [1, 2) bit after bit: each square at or above 2 is a one of the logarithm.
    /// Source: D. E. Knuth, The Art of Computer Programming 1, 1997, exercise 1.2.2-25, in base 2.
    private static func logarithm(of number: UInt64) -> UInt64 {
        let whole = UInt64(63 - number.leadingZeroBitCount)
        var mantissa = (number << 31) >> whole
        var result = whole
        for _ in 0..<fractionBits {
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
