import BantamEncodings
import BantamTensors
import CBantamKernels

/// Scales each slice so that its largest magnitude meets the largest of fixed levels, and takes the nearest level:
/// 8-bit floats, or the sixteen quantiles of a normal distribution (NF4).
///
/// scale = max|x| / largest level (448 for e4m3, 57344 for e5m2, 1 for NF4), x̂ = level·scale. Quotients are rounded
/// once, in float32. A slice of zeros has scale 0.
///
/// - Error bound: |x − x̂| ≤ 2⁻⁴·|x| + 2⁻¹⁰·scale for e4m3, ≤ 2⁻³·|x| + 2⁻¹⁷·scale for e5m2, and ≤ 0.152·scale
///   for NF4, half the widest gap between its levels; with narrower scales a little more, see ``ScaleFormat``.
/// - Complexity: O(elements).
///
/// Sources: P. Micikevicius et al., "FP8 Formats for Deep Learning", 2022; T. Dettmers et al., "QLoRA: Efficient
/// Finetuning of Quantized LLMs", 2023 (NF4).
public struct QuantizeToLevels: Pass {
    /// The fixed levels.
    public enum Levels: String, Sendable, CaseIterable {
        /// 8-bit floats with 4 bits of exponent and 3 of mantissa.
        case e4m3
        /// 8-bit floats with 5 bits of exponent and 2 of mantissa.
        case e5m2
        /// Sixteen quantiles of the normal distribution, 0 among them.
        case nf4

        /// The largest level.
        var largest: Float {
            switch self {
            case .e4m3: 448
            case .e5m2: 57344
            case .nf4: 1
            }
        }
    }

    /// The levels of NF4: quantiles of the standard normal distribution, eight from 0.9677083 down to ½ for the
    /// positive ones and seven, mirrored, for the negative, 0 between them, divided by the largest.
    static let normalLevels: [Float] = [
        -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
        0.7229568362236023, 1.0,
    ]

    /// The fixed levels.
    public let levels: Levels
    /// Which elements share a scale.
    public let granularity: Quantized.Granularity
    /// How the scales are held.
    public let scaleFormat: ScaleFormat
    /// Whether a tensor with NaN or infinity is left as it is rather than refused.
    public let keepingNonFinite: Bool

    /// A quantizer; without a granularity one scale a channel for 8-bit floats, for NF4 one for 64 elements.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for empty groups.
    public init(
        _ levels: Levels, granularity: Quantized.Granularity? = nil, scales: ScaleFormat = .float32,
        keepingNonFinite: Bool = false
    ) throws {
        if case .group(let length) = granularity, length < 1 {
            throw BantamError(.invalidArgument, "expected groups of at least 1 element, found \(length)")
        }
        self.levels = levels
        self.granularity = granularity ?? (levels == .nf4 ? .group(64) : .channel)
        scaleFormat = scales
        self.keepingNonFinite = keepingNonFinite
    }

    /// `quantize`.
    public var name: String { "quantize" }

    /// Dense values become codes of the tensor's shape, the stored values of a sparse tensor codes of one vector; both
    /// factors of a low-rank tensor are quantized.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything else and for other than float values,
    ///   `corruption` for NaN or infinity, unless ``keepingNonFinite``.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        do {
            var notes: [String] = []
            let result = try quantized(encoding, context.workers, &notes)
            return PassResult(result, notes: notes)
        } catch let error as Quantize.NonFinite {
            guard keepingNonFinite else {
                throw BantamError(.corruption, "expected finite values to quantize, found \(error.found)")
            }
            return PassResult(encoding, notes: ["not quantized: \(error.found)"])
        }
    }

    private func quantized(
        _ encoding: Encoding, _ workers: Workers, _ notes: inout [String]
    ) throws -> Encoding {
        switch encoding {
        case .dense(let tensor): return .quantized(try quantized(tensor, workers, &notes))
        case .sparse(var sparse):
            guard case .dense(let values) = sparse.values, granularity != .channel else {
                throw BantamError(
                    .invalidArgument,
                    "expected plain values of a sparse tensor and a scale per tensor or group, found "
                        + "\(sparse.values.summary) and \(granularity)")
            }
            sparse.values = .quantized(try quantized(values, workers, &notes))
            return .sparse(sparse)
        case .lowRank(var lowRank):
            lowRank.left = try quantized(lowRank.left, workers, &notes)
            lowRank.right = try quantized(lowRank.right, workers, &notes)
            return .lowRank(lowRank)
        case .quantized, .palettized, .trellisCoded:
            throw BantamError(
                .invalidArgument, "expected values to quantize, found \(encoding.summary) ones")
        }
    }

    private func quantized(
        _ tensor: Tensor, _ workers: Workers, _ notes: inout [String]
    ) throws -> Quantized {
        let source = try tensor.float32ToQuantize()
        let slices = granularity.slicing(of: tensor.shape)
        return try source.withElements(as: Float.self) { elements in
            let found = Quantize.NonFinite(in: elements)
            if found.count > 0 { throw found }
            let scales = try Tensor(.float32, granularity.scaleShape(of: tensor.shape), as: Float.self) {
                scales in
                scales.update(repeating: 0)
                guard elements.count > 0 else { return }
                nonisolated(unsafe) let buffers = (elements, scales)
                try workers.forEach(slices.rows) { row in
                    let (elements, scales) = buffers
                    let runs = (slices.columns - 1) / slices.length + 1
                    for run in 0..<runs {
                        let first = row * slices.columns + run * slices.length
                        let count = min(slices.length, slices.columns - run * slices.length)
                        let range = bantam_range_of(elements.baseAddress! + first, count)
                        let magnitude = Float(bitPattern: max(range.highest, range.lowest & 0x7fff_ffff))
                        // A subnormal quotient that vanishes would leave nothing of the slice.
                        scales[row * runs + run] =
                            magnitude == 0 ? 0 : max(magnitude / levels.largest, .leastNonzeroMagnitude)
                    }
                }
            }
            let held = try scaleFormat.held(scales, &notes)
            let dtype: DType = levels == .e4m3 ? .float8E4M3 : levels == .e5m2 ? .float8E5M2 : .uint8
            let codes = try Tensor(dtype, tensor.shape, as: UInt8.self) { codes in
                guard elements.count > 0 else { return }
                try held.decoded.withElements(as: Float.self) { scales in
                    nonisolated(unsafe) let buffers = (elements.baseAddress!, scales, codes.baseAddress!)
                    try workers.forEach(slices.rows) { row in
                        let (elements, scales, codes) = buffers
                        let runs = (slices.columns - 1) / slices.length + 1
                        for run in 0..<runs {
                            let first = row * slices.columns + run * slices.length
                            let count = min(slices.length, slices.columns - run * slices.length)
                            code(elements + first, count, scales[row * runs + run], codes + first)
                        }
                    }
                }
            }
            let inner: Encoding =
                levels == .nf4
                ? .palettized(
                    Palettized(
                        codes: .dense(codes),
                        codebook: Tensor(.float32, [16], QuantizeToLevels.normalLevels)))
                : .dense(codes)
            return Quantized(
                codes: inner, scales: held.decoded, zeroPoints: nil, granularity: granularity,
                heldScales: held.held)
        }
    }

    private static let normalBoundaries = zip(normalLevels, normalLevels.dropFirst()).map { ($0 + $1) / 2 }

    private func code(
        _ source: UnsafePointer<Float>, _ count: Int, _ scale: Float, _ codes: UnsafeMutablePointer<UInt8>
    ) {
        let largest = levels.largest
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 1024) { scaled in
            for start in stride(from: 0, to: count, by: 1024) {
                let length = min(1024, count - start)
                for index in 0..<length {
                    // Rounded scales may leave the ends beyond the largest level.
                    let quotient = scale == 0 ? 0 : source[start + index] / scale
                    scaled[index] = min(max(quotient, -largest), largest)
                }
                switch levels {
                case .e4m3: for index in 0..<length { codes[start + index] = Float8.e4m3(scaled[index]) }
                case .e5m2: for index in 0..<length { codes[start + index] = Float8.e5m2(scaled[index]) }
                case .nf4:
                    bantam_nearest_level(
                        scaled.baseAddress, length, QuantizeToLevels.normalBoundaries, 15, codes + start)
                }
            }
        }
    }
}
