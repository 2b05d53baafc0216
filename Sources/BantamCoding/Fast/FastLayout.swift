// Why: which bits of a number are worth coding depends on its type; the numbers here stand in files.

import BantamTensors
import CBantamKernels

/// How the elements of a block are split into coded bits and raw ones. `docs/coders/fast.md` draws each.
struct FastLayout: Hashable, Sendable {
    /// The number in the block.
    let number: UInt8

    static let bfloat16 = FastLayout(number: 1)
    static let float16 = FastLayout(number: 2)
    /// The high byte coded, for numbers of small magnitude.
    static let int16Byte = FastLayout(number: 3)
    /// The top four bits coded, for numbers that fill their range.
    static let int16Nibble = FastLayout(number: 4)
    static let int8 = FastLayout(number: 5)
    static let float8E4M3 = FastLayout(number: 6)
    static let float8E5M2 = FastLayout(number: 7)
    static let float32 = FastLayout(number: 8)
    static let float64 = FastLayout(number: 9)

    /// The layouts that a block of `dtype` may have; none if the coder `fast` does not know what to code.
    static func candidates(for dtype: DType) -> [FastLayout] {
        switch dtype {
        case .bfloat16: [.bfloat16]
        case .float16: [.float16]
        case .int16, .uint16: [.int16Byte, .int16Nibble]
        case .int8, .uint8: [.int8]
        case .float8E4M3, .float8E4M3FNUZ: [.float8E4M3]
        case .float8E5M2, .float8E5M2FNUZ: [.float8E5M2]
        case .float32, .complex64: [.float32]
        case .float64, .complex128: [.float64]
        default: []
        }
    }

    var kernel: bantam_rans_layout { bantam_rans_layout(rawValue: numericCast(number)) }
    /// The bytes of an element.
    var elementByteCount: Int { bantam_rans_element_bytes(kernel) }
    /// The bits of an element that are not coded.
    var restBitCount: Int { bantam_rans_rest_bits(kernel) }
    /// The bits of the high byte that are coded.
    var valueMask: UInt8 { bantam_rans_value_mask(kernel) }
    /// Whether steps may drop trailing zero bits.
    var dropsZeros: Bool { self == .float32 || self == .float64 }

    /// The raw bytes of a step of 128 elements that keeps `kept`; 0 if this layout has no such step.
    func stepByteCount(kept: UInt8) -> Int {
        bantam_rans_step_bytes(kernel, bantam_rans_keep(rawValue: numericCast(kept)))
    }
}
