// Why: coders of narrow types are timed on what quantization makes of weights.

import Bantam
import CBantamKernels

/// Weights in narrower types. Types of 8 bits have a scale for each row.
enum Narrowed {
    /// The length of a run that stands for a row where none is known.
    static let rowLength = 384

    static func elements(
        _ source: UnsafeMutableBufferPointer<Float>, as dtype: DType, rowLength: Int = rowLength
    ) -> UnsafeMutableRawBufferPointer {
        switch dtype {
        case .bfloat16:
            let result = buffer(of: source.count, filledWith: UInt16(0))
            bantam_float32_to_bfloat16(source.baseAddress, result.baseAddress, source.count)
            return UnsafeMutableRawBufferPointer(result)
        case .float16, .float8E5M2:
            let result = buffer(of: source.count, filledWith: UInt16(0))
            bantam_float32_to_float16(source.baseAddress, result.baseAddress, source.count)
            guard dtype == .float8E5M2 else { return UnsafeMutableRawBufferPointer(result) }
            let bytes = buffer(of: source.count, filledWith: UInt8(0))
            // The upper half of a float16, rounded to nearest even.
            for index in 0..<source.count {
                bytes[index] = UInt8(
                    (UInt32(result[index]) + 127 + UInt32(result[index] >> 8 & 1)) >> 8 & 0xff)
            }
            return UnsafeMutableRawBufferPointer(bytes)
        case .int8:
            return scaled(source, rowLength, to: 127) {
                UInt8(bitPattern: Int8($0.rounded(.toNearestOrEven)))
            }
        case .float8E4M3:
            return scaled(source, rowLength, to: 448, e4m3)
        default: return UnsafeMutableRawBufferPointer(source)
        }
    }

    private static func scaled(
        _ source: UnsafeMutableBufferPointer<Float>, _ rowLength: Int, to limit: Float,
        _ narrow: (Float) -> UInt8
    ) -> UnsafeMutableRawBufferPointer {
        let result = buffer(of: source.count, filledWith: UInt8(0))
        for start in stride(from: 0, to: source.count, by: rowLength) {
            let row = start..<min(start + rowLength, source.count)
            let largest = row.reduce(Float(0)) { max($0, abs(source[$1])) }
            for index in row { result[index] = largest > 0 ? narrow(source[index] / largest * limit) : 0 }
        }
        return UnsafeMutableRawBufferPointer(result)
    }

    /// Rounds to nearest even; `value` is within ±448.
    private static func e4m3(_ value: Float) -> UInt8 {
        let sign = UInt8(value.bitPattern >> 24 & 0x80)
        let magnitude = value.bitPattern & 0x7fff_ffff
        guard abs(value) >= 0x1p-6 else {
            return sign | UInt8((abs(value) * 512).rounded(.toNearestOrEven))
        }
        let rounded = magnitude + 0x7ffff + (magnitude >> 20 & 1)
        return sign | UInt8((rounded - (120 << 23)) >> 20)
    }
}
