// Why: weights are noisy numbers of some scale, positions are not; each kind has its own way to be coded.

import BantamTensors

/// What the elements of a block are to the coder `dense`.
struct DenseFamily {
    /// The bytes of an element.
    let width: Int
    /// How they are split as numbers, if they may be.
    let numbers: DenseFormat?
    /// Whether they may be positions.
    let isInteger: Bool

    /// Every dtype has one. Complex numbers are two elements; types of fewer than 8 bits are rows of bytes.
    init(_ dtype: DType) {
        switch dtype {
        case .bfloat16: self.init(float: 2, mantissa: 7)
        case .float16: self.init(float: 2, mantissa: 10)
        case .float32, .complex64: self.init(float: 4, mantissa: 23)
        case .float64, .complex128: self.init(float: 8, mantissa: 52)
        case .float8E4M3, .float8E4M3FNUZ: self.init(float: 1, mantissa: 3)
        case .float8E5M2, .float8E5M2FNUZ: self.init(float: 1, mantissa: 2)
        case .int8: self.init(integer: 1, isSigned: true)
        case .int16: self.init(integer: 2, isSigned: true)
        case .uint16: self.init(integer: 2, isSigned: false)
        case .uint32, .int32: self.init(integer: 4, isSigned: false)
        case .uint64, .int64: self.init(integer: 8, isSigned: false)
        case .uint8, .bool, .float8E8M0, .float6E2M3, .float6E3M2, .float4:
            self.init(integer: 1, isSigned: false)
        }
    }

    private init(float width: Int, mantissa: Int) {
        (self.width, numbers, isInteger) = (width, DenseFormat(width: width, mantissa: mantissa), false)
    }

    private init(integer width: Int, isSigned: Bool) {
        self.width = width
        numbers = isSigned ? DenseFormat(width: width, mantissa: nil) : nil
        isInteger = true
    }
}

/// The bits of a signed number: the sign on top, then the magnitude, which rises with its bits.
struct DenseFormat {
    /// The bytes of an element.
    var width: Int
    /// The mantissa bits of a float; of an integer, whose negative values are complemented, `nil`.
    var mantissa: Int?

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
