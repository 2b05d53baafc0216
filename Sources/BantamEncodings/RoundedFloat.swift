/// A float dtype as a rounding of float32: what decoding rounds a product to, and where that begins and ends.
protocol RoundedFloat: SendableMetatype {
    /// Bits of a significand, the leading one included.
    static var precision: Int { get }
    /// Half of the distance between the smallest numbers, as far as it matters beside ``precision``.
    static var leastHalfStep: Float { get }
    /// The nearest number of the dtype, ties to even; one beyond its largest has no meaning.
    static func rounded(_ value: Float) -> Float
    /// The ends of what is rounded to `magnitude`, a positive number of the dtype.
    static func boundaries(of magnitude: Float) -> (below: Double, above: Double)
}

extension RoundedFloat {
    /// `value` with `count` fewer bits in its significand, to nearest, ties to even.
    @inline(__always)
    static func rounded(_ value: Float, dropping count: UInt32) -> Float {
        let bits = value.bitPattern
        let half = (1 as UInt32) << (count - 1)
        return Float(bitPattern: (bits &+ (half &- 1) &+ (bits >> count & 1)) & ~(2 * half - 1))
    }

    /// The middles between a number and those before and after it, which differ by `step` in their patterns.
    @inline(__always)
    static func boundaries(of magnitude: Float, step: UInt32) -> (below: Double, above: Double) {
        let middle = Double(magnitude)
        let before = Double(Float(bitPattern: magnitude.bitPattern &- step))
        let after = Double(Float(bitPattern: magnitude.bitPattern &+ step))
        return ((middle + before) / 2, (middle + after) / 2)
    }
}

/// float32.
enum SingleFloat: RoundedFloat {
    static var precision: Int { 24 }
    static var leastHalfStep: Float { 0 }
    @inline(__always) static func rounded(_ value: Float) -> Float { value }
    @inline(__always) static func boundaries(of magnitude: Float) -> (below: Double, above: Double) {
        boundaries(of: magnitude, step: 1)
    }
}

/// bfloat16.
enum BrainFloat: RoundedFloat {
    static var precision: Int { 8 }
    static var leastHalfStep: Float { 0 }
    @inline(__always) static func rounded(_ value: Float) -> Float { rounded(value, dropping: 16) }
    @inline(__always) static func boundaries(of magnitude: Float) -> (below: Double, above: Double) {
        boundaries(of: magnitude, step: 1 << 16)
    }
}

/// float16, whose smallest numbers, below 2⁻¹⁴, are multiples of 2⁻²⁴.
enum HalfFloat: RoundedFloat {
    static var precision: Int { 11 }
    static var leastHalfStep: Float { 0x1p-25 }
    @inline(__always) static func rounded(_ value: Float) -> Float {
        // The sum is in [0.5, 1), where the last bit is worth 2⁻²⁴.
        abs(value) < 0x1p-14 ? (value + 0.75) - 0.75 : rounded(value, dropping: 13)
    }
    @inline(__always) static func boundaries(of magnitude: Float) -> (below: Double, above: Double) {
        magnitude <= 0x1p-14
            ? (Double(magnitude) - 0x1p-25, Double(magnitude) + 0x1p-25)
            : boundaries(of: magnitude, step: 1 << 13)
    }
}
