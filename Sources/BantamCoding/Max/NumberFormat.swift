// Why: floats of any width and integers are one thing to the number model: a sign and a magnitude with octaves.

import BantamTensors

/// How the bits of an element are a sign and a magnitude.
///
/// The magnitude of a float is all its bits but the sign, that of a signed integer its absolute value, that of an
/// unsigned one the value itself. An *octave* is the magnitudes from one power of two to the next, numbered from 1
/// upwards; subnormal floats have octaves as integers do, and normal ones continue them.
struct NumberFormat {
    /// Bits of an element: 8, 16, 32 or 64.
    let width: Int
    /// The bits of a float's mantissa; 0 for integers.
    let mantissaBits: Int
    let isFloat: Bool
    let isSigned: Bool

    /// Integers of `width` bits.
    init(integerOf width: Int, isSigned: Bool) {
        self.width = width
        self.isSigned = isSigned
        mantissaBits = 0
        isFloat = false
    }

    private init(floatOf width: Int, mantissaBits: Int) {
        self.width = width
        self.mantissaBits = mantissaBits
        isFloat = true
        isSigned = true
    }

    /// The numbers that arrays of `dtype` consist of, `nil` if they are packed or powers of two. A complex number
    /// is two of them.
    init?(_ dtype: DType) {
        switch dtype {
        case .float64, .complex128: self.init(floatOf: 64, mantissaBits: 52)
        case .float32, .complex64: self.init(floatOf: 32, mantissaBits: 23)
        case .float16: self.init(floatOf: 16, mantissaBits: 10)
        case .bfloat16: self.init(floatOf: 16, mantissaBits: 7)
        case .float8E4M3, .float8E4M3FNUZ: self.init(floatOf: 8, mantissaBits: 3)
        case .float8E5M2, .float8E5M2FNUZ: self.init(floatOf: 8, mantissaBits: 2)
        case .int64, .int32, .int16, .int8: self.init(integerOf: dtype.bitWidth, isSigned: true)
        case .uint64, .uint32, .uint16, .uint8, .bool: self.init(integerOf: dtype.bitWidth, isSigned: false)
        case .float8E8M0, .float6E2M3, .float6E3M2, .float4: return nil
        }
    }

    /// The highest octave an element can be in.
    var octaveCount: Int {
        isFloat ? (1 << (width - 1 - mantissaBits)) - 1 + mantissaBits : width
    }

    /// All bits of an element.
    private var mask: UInt64 { .max &>> UInt64(truncatingIfNeeded: 64 &- width) }

    /// The low `width` bits.
    @inline(__always)
    func wrapped(_ bits: UInt64) -> UInt64 { bits & mask }

    @inline(__always)
    func split(_ bits: UInt64) -> (sign: Int, magnitude: UInt64) {
        guard isSigned else { return (0, bits) }
        let sign = Int(truncatingIfNeeded: bits &>> UInt64(truncatingIfNeeded: width &- 1))
        if isFloat { return (sign, bits & mask &>> 1) }
        return (sign, sign != 0 ? (0 &- bits) & mask : bits)
    }

    @inline(__always)
    func join(_ sign: Int, _ magnitude: UInt64) -> UInt64 {
        if isFloat {
            return magnitude & mask &>> 1
                | UInt64(truncatingIfNeeded: sign) &<< UInt64(truncatingIfNeeded: width &- 1)
        }
        return (sign != 0 ? 0 &- magnitude : magnitude) & mask
    }

    /// The octave of a magnitude that is not 0.
    @inline(__always)
    func octave(of magnitude: UInt64) -> Int {
        let exponent = isFloat ? magnitude &>> UInt64(truncatingIfNeeded: mantissaBits) : 0
        return exponent == 0
            ? 64 &- magnitude.leadingZeroBitCount : Int(truncatingIfNeeded: exponent) &+ mantissaBits
    }

    /// How many bits say where in the octave a magnitude is.
    @inline(__always)
    func mantissaBits(inOctave octave: Int) -> Int {
        isFloat && octave > mantissaBits ? mantissaBits : octave &- 1
    }

    /// The magnitude at a place in an octave.
    @inline(__always)
    func magnitude(octave: Int, mantissa: UInt64) -> UInt64 {
        if isFloat && octave > mantissaBits {
            return UInt64(truncatingIfNeeded: octave &- mantissaBits)
                &<< UInt64(truncatingIfNeeded: mantissaBits) | mantissa
        }
        return 1 &<< UInt64(truncatingIfNeeded: octave &- 1) | mantissa
    }
}
