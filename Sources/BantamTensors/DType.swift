/// The element types a tensor can have.
///
/// The raw value is the name used everywhere a person reads one: manifests, recipes, JSON, tables.
public enum DType: String, Sendable, CaseIterable {
    case float64, float32, float16, bfloat16
    /// 8-bit floats of the OCP standard (Micikevicius et al., "FP8 formats for deep learning", 2022).
    case float8E4M3 = "float8_e4m3"
    case float8E5M2 = "float8_e5m2"
    /// Variants without infinities or negative zero, as AMD processors use them.
    case float8E4M3FNUZ = "float8_e4m3fnuz"
    case float8E5M2FNUZ = "float8_e5m2fnuz"
    /// A power of two from 2⁻¹²⁷ to 2¹²⁷: the block scale of the OCP microscaling formats.
    case float8E8M0 = "float8_e8m0"
    /// Sub-byte floats of the OCP microscaling formats, packed without gaps; carried, not computed with.
    case float6E2M3 = "float6_e2m3"
    case float6E3M2 = "float6_e3m2"
    case float4 = "float4"
    case complex128, complex64
    case int64, int32, int16, int8
    case uint64, uint32, uint16, uint8
    case bool

    /// Bits of one element in memory.
    public var bitWidth: Int {
        switch self {
        case .complex128: 128
        case .float64, .int64, .uint64, .complex64: 64
        case .float32, .int32, .uint32: 32
        case .float16, .bfloat16, .int16, .uint16: 16
        case .float8E4M3, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0: 8
        case .int8, .uint8, .bool: 8
        case .float6E2M3, .float6E3M2: 6
        case .float4: 4
        }
    }

    /// The alignment an element needs in memory, in bytes.
    public var alignment: Int {
        switch self {
        case .complex128: 8
        case .complex64: 4
        default: max(1, bitWidth / 8)
        }
    }

    /// Floating-point types whose values Bantam computes with: what quantizers and pruning accept.
    public var isRealFloat: Bool {
        switch self {
        case .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2: true
        default: false
        }
    }

    /// Signed and unsigned integers, without `bool`.
    public var isInteger: Bool {
        switch self {
        case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8: true
        default: false
        }
    }

    /// Types whose elements can be read as `Float`: see ``Tensor/float32()``.
    public var isNumeric: Bool { isRealFloat || isInteger || self == .bool }
}
