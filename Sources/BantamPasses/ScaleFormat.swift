import BantamEncodings
import BantamTensors

/// How the scales of a quantized tensor are held.
public enum ScaleFormat: String, Sendable, CaseIterable {
    /// As they are.
    case float32
    /// Rounded to the nearest float16.
    case float16
    /// As affine 8-bit codes with a scale per row of scales, or one for all where rows have few. Source: T. Dettmers
    /// et al., "QLoRA: Efficient Finetuning of Quantized LLMs", 2023 (there: double quantization).
    case int8
}

/// Scales that codes are made with, and how they are held.
struct HeldScales {
    /// `float32`.
    var decoded: Tensor
    /// `nil`: as they are.
    var held: Encoding?
}

extension ScaleFormat {
    /// The scales as they come back from this format; as they are where that would change one of them by more than an
    /// eighth, or make nothing smaller.
    func held(_ scales: Tensor, _ notes: inout [String]) throws -> HeldScales {
        let plain = HeldScales(decoded: scales, held: nil)
        switch self {
        case .float32: return plain
        case .float16:
            let narrow = try scales.float32(roundedTo: .float16)
            let decoded = try narrow.float32()
            guard try worst(scales, decoded) <= 0x1p-10 else {
                notes.append("scales kept float32: float16 cannot hold them all")
                return plain
            }
            return HeldScales(decoded: decoded, held: .dense(narrow))
        case .int8:
            let columns = scales.shape.matrixForm?.columns ?? 1
            let granularity: Quantized.Granularity = columns >= 16 ? .channel : .tensor
            let count = granularity.scaleShape(of: scales.shape).elementCount
            // Eight bytes for each second scale and what the header says of it, against two bytes less a scale.
            guard scales.elementCount > 5 * count + 300 else {
                notes.append("scales held as float16: \(scales.elementCount) are too few to quantize them")
                return try ScaleFormat.float16.held(scales, &notes)
            }
            let pass = try Quantize(bits: 8, scheme: .affine, granularity: granularity)
            let context = PassContext(workers: .one, storedBytes: { _ in 0 })
            let held = try pass.apply(to: .dense(scales), context).encoding
            let decoded = try held.decoded(workers: .one)
            let change = try worst(scales, decoded)
            guard change <= 0.125 else {
                notes.append(
                    "scales held as float16: 8 bits would change one by \(Int(min(change * 100, 1e6))) %")
                return try ScaleFormat.float16.held(scales, &notes)
            }
            notes.append(
                "scales quantized to 8 bits with \(count) scale\(count == 1 ? "" : "s") of their own")
            return HeldScales(decoded: decoded, held: held)
        }
    }

    /// The largest relative change of a scale; infinite if one becomes zero or infinite.
    private func worst(_ scales: Tensor, _ decoded: Tensor) throws -> Float {
        scales.withElements(as: Float.self) { scales in
            decoded.withElements(as: Float.self) { decoded in
                var worst: Float = 0
                for (scale, found) in zip(scales, decoded) where scale != 0 || found != 0 {
                    worst = max(
                        worst,
                        found == 0 || !found.isFinite || scale == 0
                            ? .infinity : ((found - scale) / scale).magnitude)
                }
                return worst
            }
        }
    }
}
