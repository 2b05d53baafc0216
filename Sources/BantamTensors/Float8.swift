/// The two 8-bit floats of the OCP standard, to and from `Float`.
///
/// Source: P. Micikevicius et al., "FP8 Formats for Deep Learning", 2022. E4M3 has no infinity: its
/// largest value is 448, and only 0x7f and 0xff are NaN. E5M2 follows IEEE 754.
public enum Float8 {
    /// The value of an E4M3 code.
    public static func e4m3(_ code: UInt8) -> Float {
        if code & 0x7f == 0x7f { return .nan }
        return value(code, mantissaBits: 3, bias: 7)
    }

    /// The value of an E5M2 code.
    public static func e5m2(_ code: UInt8) -> Float {
        if code & 0x7c == 0x7c {
            return code & 3 != 0 ? .nan : (code & 0x80 != 0 ? -.infinity : .infinity)
        }
        return value(code, mantissaBits: 2, bias: 15)
    }

    /// The E4M3 code nearest to `value`, ties to even; NaN beyond 464, where 448 stops being the nearest.
    public static func e4m3(_ value: Float) -> UInt8 {
        code(value, mantissaBits: 3, bias: 7, largest: 0x7e, overflow: 0x7f, nan: 0x7f)
    }

    /// The E5M2 code nearest to `value`, ties to even; infinity from 61440 on.
    public static func e5m2(_ value: Float) -> UInt8 {
        code(value, mantissaBits: 2, bias: 15, largest: 0x7b, overflow: 0x7c, nan: 0x7e)
    }

    private static func value(_ code: UInt8, mantissaBits: Int, bias: Int) -> Float {
        let mantissa = Int(code) & (1 << mantissaBits - 1)
        let exponent = Int(code & 0x7f) >> mantissaBits
        let significand = exponent == 0 ? mantissa : mantissa + 1 << mantissaBits
        let magnitude = Float(
            sign: .plus, exponent: max(exponent, 1) - bias - mantissaBits, significand: Float(significand))
        return code & 0x80 != 0 ? -magnitude : magnitude
    }

    private static func code(
        _ value: Float, mantissaBits: Int, bias: Int, largest: UInt8, overflow: UInt8, nan: UInt8
    ) -> UInt8 {
        let sign: UInt8 = value.sign == .minus ? 0x80 : 0
        if value.isNaN { return sign | nan }
        if value.isInfinite { return sign | overflow }
        // The spacing of codes around the value; below the smallest normal it stays what it is there.
        let exponent = value == 0 ? 1 - bias : max(Int(value.exponent), 1 - bias)
        let steps = Float(sign: .plus, exponent: mantissaBits - exponent, significand: value.magnitude)
            .rounded(.toNearestOrEven)
        // Counting codes upwards carries a rounded-up mantissa into the exponent.
        let code = (exponent + bias - 1) << mantissaBits + Int(min(steps, 64))
        return sign | (code > Int(largest) ? overflow : UInt8(code))
    }
}
