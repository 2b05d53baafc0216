// Why: weights are noisy numbers of some scale, positions are not; each kind has its own way to be coded.

import BantamTensors

/// What the elements of a block are to the coder `dense`.
enum DenseFamily {
    case numbers(DenseFormat)
    /// Unsigned integers, long signed ones and whatever else is a row of bytes, by the bytes of an element.
    case indices(width: Int)

    /// The family of a dtype, if the coder takes it.
    init?(_ dtype: DType) {
        switch dtype {
        case .bfloat16: self = .numbers(.float(width: 2, mantissa: 7))
        case .float16: self = .numbers(.float(width: 2, mantissa: 10))
        case .float32, .complex64: self = .numbers(.float(width: 4, mantissa: 23))
        case .float64, .complex128: self = .numbers(.float(width: 8, mantissa: 52))
        case .float8E4M3, .float8E4M3FNUZ: self = .numbers(.float(width: 1, mantissa: 3))
        case .float8E5M2, .float8E5M2FNUZ: self = .numbers(.float(width: 1, mantissa: 2))
        case .int8: self = .numbers(.integer(width: 1))
        case .int16: self = .numbers(.integer(width: 2))
        case .uint16: self = .indices(width: 2)
        case .uint32, .int32: self = .indices(width: 4)
        case .uint64, .int64: self = .indices(width: 8)
        case .uint8, .bool, .float8E8M0, .float6E2M3, .float6E3M2, .float4: self = .indices(width: 1)
        }
    }

    var elementByteCount: Int {
        switch self {
        case .numbers(let format): format.width
        case .indices(let width): width
        }
    }
}

/// The bits of a signed number: the sign on top, then the magnitude, which rises with its bits.
struct DenseFormat {
    /// The bytes of an element.
    var width: Int
    /// The mantissa bits of a float; of an integer, whose negative values are complemented, `nil`.
    var mantissa: Int?

    static func float(width: Int, mantissa: Int) -> DenseFormat { DenseFormat(width: width, mantissa: mantissa) }
    static func integer(width: Int) -> DenseFormat { DenseFormat(width: width, mantissa: nil) }

    /// The most mantissa bits that are part of a float's value.
    static let valueMantissaBits = 3
    /// The bits of a magnitude.
    var magnitudeBits: Int { 8 * width - 1 }
    /// The fewest low bits that leave a value of 16 bits.
    var fewestLowBits: Int { max(0, magnitudeBits - 16) }

    /// The low bits a float leaves out of its value.
    var floatLowBits: Int { max(0, (mantissa ?? 0) - DenseFormat.valueMantissaBits) }

    /// The mantissa bits in a value with `lowBits` below it; `nil` for integers.
    func mantissaBits(lowBits: Int) -> Int? { mantissa.map { $0 - lowBits } }
}
