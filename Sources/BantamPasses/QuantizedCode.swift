import BantamTensors
import CBantamKernels

/// The two integer types of codes, with the kernels that make them.
protocol QuantizedCode: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable {
    static var dtype: DType { get }

    /// Codes, scales and zero points of `rows` rows of `columns` elements cut every `length` elements;
    /// returns how many slices hold NaN or infinity.
    static func quantize(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, length: Int,
        codes: UnsafeMutablePointer<Self>, scales: UnsafeMutablePointer<Float>,
        zeroPoints: UnsafeMutablePointer<Self>?
    ) -> Int

    /// The codes of part of a slice whose scale and zero point are known.
    static func round(
        _ source: UnsafePointer<Float>, count: Int, scale: Float, zeroPoint: Self, isAffine: Bool,
        codes: UnsafeMutablePointer<Self>)
}

extension Int8: QuantizedCode {
    static var dtype: DType { .int8 }

    static func quantize(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, length: Int,
        codes: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>,
        zeroPoints: UnsafeMutablePointer<Int8>?
    ) -> Int {
        bantam_quantize_int8(source, rows, columns, length, codes, scales, zeroPoints)
    }

    static func round(
        _ source: UnsafePointer<Float>, count: Int, scale: Float, zeroPoint: Int8, isAffine: Bool,
        codes: UnsafeMutablePointer<Int8>
    ) {
        bantam_round_int8(source, count, scale, zeroPoint, isAffine ? 1 : 0, codes)
    }
}

extension Int16: QuantizedCode {
    static var dtype: DType { .int16 }

    static func quantize(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, length: Int,
        codes: UnsafeMutablePointer<Int16>, scales: UnsafeMutablePointer<Float>,
        zeroPoints: UnsafeMutablePointer<Int16>?
    ) -> Int {
        bantam_quantize_int16(source, rows, columns, length, codes, scales, zeroPoints)
    }

    static func round(
        _ source: UnsafePointer<Float>, count: Int, scale: Float, zeroPoint: Int16, isAffine: Bool,
        codes: UnsafeMutablePointer<Int16>
    ) {
        bantam_round_int16(source, count, scale, zeroPoint, isAffine ? 1 : 0, codes)
    }
}
