// Why: blocks of every kind that the coder `fast` must take, made the same way for all its tests.

import BantamTensors
import BantamTestSupport

/// Numbers whose coded bits are spread in some way.
enum FastSample: CaseIterable {
    case weights, constant, zeros, noise, fewValues, manyEscapes, symbols15, symbols16, symbols17, skewed
    case trailingZeros

    static let dtypes: [DType] = [
        .bfloat16, .float16, .float32, .float64, .int8, .uint8, .int16, .uint16, .float8E4M3, .float8E5M2,
        .complex64,
    ]
    /// Around the edges of lanes, steps and of blocks small enough for eight states.
    static let counts = [1, 2, 7, 8, 9, 127, 128, 129, 1000, 16383, 16384, 16385, 16511, 16512, 20011]

    /// The bytes of `count` elements of `dtype`.
    func bytes(_ count: Int, _ dtype: DType, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        let numbers = dtype == .complex64 ? 2 * count : count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 16)
        for index in 0..<numbers {
            withUnsafeBytes(of: element(index, dtype, &generator).littleEndian) {
                bytes.append(contentsOf: $0.prefix(dtype == .complex64 ? 4 : dtype.alignment))
            }
        }
        return bytes
    }

    private func element(_ index: Int, _ dtype: DType, _ generator: inout SeededGenerator) -> UInt64 {
        switch self {
        case .weights: return Self.number(generator.normal() * 0.04, dtype, &generator)
        case .constant: return Self.number(-0.75, dtype, &generator)
        case .zeros: return 0
        case .noise: return generator.next()
        case .fewValues: return Self.number(Float(index % 3) - 1, dtype, &generator)
        case .manyEscapes:
            // Every exponent as often as any other.
            let top = UInt64(index &* 2_654_435_761 >> 7 & 0xff)
            return Self.withTop(top, dtype, generator.next())
        case .symbols15: return Self.withTop(UInt64(index % 15), dtype, generator.next())
        case .symbols16: return Self.withTop(UInt64(index % 16), dtype, generator.next())
        case .symbols17: return Self.withTop(UInt64(index % 17), dtype, generator.next())
        case .skewed:
            let isRare = UInt64.random(in: 0..<3000, using: &generator) == 0
            return Self.withTop(isRare ? 77 : 3, dtype, generator.next())
        case .trailingZeros:
            // Stretches that once were narrower floats, cut at no particular place.
            let bits = Self.number(generator.normal(), dtype, &generator)
            switch index / 300 % 4 {
            case 0: return bits
            case 1: return dtype == .float64 ? bits & ~0x1fff_ffff : bits & ~0x1fff
            case 2: return dtype == .float64 ? bits & ~0x3ff_ffff_ffff : bits & ~0x1fff
            default: return dtype == .float64 ? bits & ~0x1fff_ffff_ffff : bits & ~0xffff
            }
        }
    }

    /// `noise` with the coded bits of `top`.
    private static func withTop(_ top: UInt64, _ dtype: DType, _ noise: UInt64) -> UInt64 {
        switch dtype {
        case .bfloat16: noise & 0x807f | (top & 255) << 7
        case .float16: noise & 0x81ff | (top & 63) << 9
        case .float32, .complex64: noise & 0x807f_ffff | (top & 255) << 23
        case .float64: noise & 0x800f_ffff_ffff_ffff | (top % 254 + 897) << 52
        case .int8, .uint8: noise & 0x0f | (top & 15) << 4
        case .int16, .uint16: noise & 0xff | (top & 255) << 8
        case .float8E4M3: noise & 0x83 | (top & 31) << 2
        default: noise & 0x81 | (top & 63) << 1
        }
    }

    private static func number(
        _ value: Float, _ dtype: DType, _ generator: inout SeededGenerator
    ) -> UInt64 {
        let bits = UInt64(value.bitPattern)
        let half = UInt64(Float16(value).bitPattern)
        switch dtype {
        case .bfloat16: return bits >> 16
        case .float16: return half
        case .float32, .complex64: return bits
        case .float64:
            let noise = Double(generator.next() >> 40) * 0x1p-60
            return (Double(value) + (value == 0 || value == -0.75 ? 0 : noise)).bitPattern
        case .int16, .uint16: return UInt64(bitPattern: Int64(value * 60000)) & 0xffff
        case .int8, .uint8: return UInt64(bitPattern: Int64(max(-1, min(1, value * 6)) * 127)) & 0xff
        // The exponents of a half, 8 lower.
        case .float8E4M3:
            return half >> 8 & 0x80 | UInt64(max(0, Int(half & 0x7fff) - 0x1000) >> 7 & 0x7f)
        default: return half >> 8
        }
    }
}
