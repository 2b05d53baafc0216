import BantamEncodings
import BantamTensors

/// Rounds the values of a tensor to integer codes that share a scale per slice: x̂ = (code − zero point)·scale.
///
/// ```swift
/// let pass = try Quantize(bits: 8, granularity: .group(32))
/// let smaller = try pass.apply(to: .dense(weights), context).encoding
/// ```
///
/// All arithmetic is in float32 and rounds to nearest, ties to even. With `bits` 8 (16), and so on down to 2:
/// - symmetric: scale = max|x| / 127 (32767), code = round(x / scale), no zero point;
/// - affine: scale = (max − min) / 255 (65535) with 0 inside [min, max],
///   zero point = −128 − round(min / scale), code = round(x / scale) + zero point, at most 127. Zero is exact.
///
/// A slice of zeros has scale 0, zero point 0 and codes 0. Two kinds of slices get a neighbouring scale:
/// where max|x| / 127 is subnormal and rounding it down would push the ends out of the codes (one last place
/// more), and where a reconstructed end would overflow float32 (a scale of which the end is a multiple).
///
/// - Error bound: |x − x̂| ≤ scale/2 + 2⁻²³·max|x| in a symmetric slice, scale/2 + 2⁻²²·(max − min) in an affine
///   one. The second term is what float32 adds to half a step: a last place in the quotient and one in the
///   product, and in the affine case those of the scale.
/// - Complexity: O(elements), one pass over memory for slices that fit the cache.
///
/// With a ``range`` other than min–max the largest values are clipped to the end of the codes, so the bound holds for
/// those within it; the least squared error may use the code −2^(bits−1) and a negative scale. Scales held as
/// float16 or int8 add 2⁻¹¹·max|x| (2⁻¹¹·(max − min)) at the ends, or none where codes reach further; scales
/// that these cannot hold to an eighth stay float32, and a note says so. Rotated rows keep the bound in the
/// Euclidean norm of a row instead of for each element.
///
/// Every real float type is accepted: 16-bit floats and float8 are widened exactly, float64 is first rounded
/// to float32.
///
/// Source: B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
/// Inference", 2018.
public struct Quantize: Pass {
    /// Where the codes of a slice are centred.
    public enum Scheme: String, Sendable {
        /// Around zero: no zero points.
        case symmetric
        /// Over the range that the slice takes: a zero point per slice.
        case affine
    }

    /// Bits of a code: 2 to 8, or 16.
    public let bits: Int
    /// Where the codes of a slice are centred.
    public let scheme: Scheme
    /// Which elements share a scale.
    public let granularity: Quantized.Granularity
    /// What a slice's codes span.
    public let range: ClippingRange
    /// How the scales are held.
    public let scaleFormat: ScaleFormat
    /// A rotation of the rows before they are quantized, undone at decoding.
    public let rotation: HadamardRotation?
    /// Whether a tensor with NaN or infinity is left as it is rather than refused.
    public let keepingNonFinite: Bool

    /// A quantizer.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if `bits` is not 2 to 8 or 16, groups are empty, or the
    ///   parameters do not go together.
    public init(
        bits: Int, scheme: Scheme = .symmetric, granularity: Quantized.Granularity = .channel,
        range: ClippingRange = .extent, scales: ScaleFormat = .float32, rotation: HadamardRotation? = nil,
        keepingNonFinite: Bool = false
    ) throws {
        guard 2...8 ~= bits || bits == 16 else {
            throw BantamError(.invalidArgument, "expected 2 to 8 or 16 bits, found \(bits)")
        }
        guard bits <= 8 || range == .extent && scales == .float32 && rotation == nil else {
            throw BantamError(
                .invalidArgument,
                "expected the range minmax, float32 scales and no rotation for 16 bits, found others")
        }
        if case .percentile(let share) = range {
            guard share > 50, share <= 100 else {
                throw BantamError(
                    .invalidArgument, "expected a percentile above 50 up to 100, found \(share)")
            }
        }
        if range == .leastDivergence, scheme == .affine {
            throw BantamError(
                .invalidArgument, "expected the symmetric scheme for the range kl, found affine")
        }
        self.range = range
        scaleFormat = scales
        self.rotation = rotation
        if case .group(let length) = granularity, length < 1 {
            throw BantamError(.invalidArgument, "expected groups of at least 1 element, found \(length)")
        }
        self.bits = bits
        self.scheme = scheme
        self.granularity = granularity
        self.keepingNonFinite = keepingNonFinite
    }

    /// `quantize`.
    public var name: String { "quantize" }

    /// Dense values become codes of the tensor's shape. The stored values of a sparse tensor are quantized:
    /// per channel as sparse codes with a scale per slice of axis 0, otherwise as one vector of values. Both
    /// factors of a low-rank tensor are quantized, per channel with a scale per row of each.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything else and for other than float values,
    ///   `corruption` for NaN or infinity, unless ``keepingNonFinite``.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        do {
            var notes: [String] = []
            let result = try quantized(encoding, context.workers, &notes)
            return PassResult(result, notes: notes)
        } catch let error as NonFinite {
            guard keepingNonFinite else {
                throw BantamError(.corruption, "expected finite values to quantize, found \(error.found)")
            }
            return PassResult(encoding, notes: ["not quantized: \(error.found)"])
        }
    }

    /// What stops a quantizer; whether it is an error depends on ``keepingNonFinite``.
    struct NonFinite: Error {
        var count: Int
        var elements: Int
        var found: String { "\(count) NaN or infinite of \(elements)" }
    }

    private func quantized(
        _ encoding: Encoding, _ workers: Workers, _ notes: inout [String]
    ) throws -> Encoding {
        switch encoding {
        case .dense(let tensor):
            return .quantized(try quantized(tensor, workers, &notes))
        case .sparse(var sparse):
            guard case .dense(let values) = sparse.values else {
                throw BantamError(
                    .invalidArgument, "expected plain values to quantize, found \(sparse.values.summary)")
            }
            guard rotation == nil else {
                throw BantamError(.invalidArgument, "expected no rotation of sparse values, found one")
            }
            if case .channel = granularity {
                return .quantized(try quantized(sparse, values: values, &notes))
            }
            sparse.values = .quantized(try quantized(values, workers, &notes))
            return .sparse(sparse)
        case .lowRank(var lowRank):
            lowRank.left = try quantized(lowRank.left, workers, &notes)
            lowRank.right = try quantized(lowRank.right, workers, &notes)
            return .lowRank(lowRank)
        case .quantized, .palettized, .trellisCoded:
            throw BantamError(.invalidArgument, "expected values to quantize, found \(encoding.summary) ones")
        }
    }

    private func quantized(_ tensor: Tensor, _ workers: Workers, _ notes: inout [String]) throws -> Quantized
    {
        guard isPlain else { return try lowBits(tensor, workers, &notes) }
        return bits == 8
            ? try quantized(tensor, codes: Int8.self, workers)
            : try quantized(tensor, codes: Int16.self, workers)
    }

    private func quantized<Code: QuantizedCode>(
        _ tensor: Tensor, codes type: Code.Type, _ workers: Workers
    ) throws -> Quantized {
        let source = try tensor.float32ToQuantize()
        let scaleShape = granularity.scaleShape(of: tensor.shape)
        var zeroPoints: Tensor?
        var scales: Tensor?
        let codes = try Tensor(Code.dtype, tensor.shape, as: Code.self) { codes in
            scales = try Tensor(.float32, scaleShape, as: Float.self) { scales in
                let fill = { (zeroPoints: UnsafeMutableBufferPointer<Code>?) in
                    try source.withElements(as: Float.self) { elements in
                        let refused = try quantize(
                            elements, shape: tensor.shape, codes: codes, scales: scales,
                            zeroPoints: zeroPoints, owner: source.storage, workers: workers)
                        if refused > 0 { throw NonFinite(in: elements) }
                    }
                }
                if scheme == .affine {
                    zeroPoints = try Tensor(Code.dtype, scaleShape, as: Code.self) { try fill($0) }
                } else {
                    try fill(nil)
                }
            }
        }
        return Quantized(
            codes: .dense(codes), scales: scales!, zeroPoints: zeroPoints, granularity: granularity,
            codeBits: bits)
    }

    /// Whether the kernels of whole bytes do it, which find range and codes while a slice is in cache.
    var isPlain: Bool { bits >= 8 && range == .extent && scaleFormat == .float32 && rotation == nil }
}

extension Tensor {
    /// The elements as float32.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if they are not floats.
    func float32ToQuantize() throws -> Tensor {
        try requireRealFloat()
        return try float32()
    }

    /// - Throws: ``BantamError`` of kind `invalidArgument` if the elements are not floats to compute with.
    func requireRealFloat() throws { try dtype.requireRealFloat() }
}

extension DType {
    /// - Throws: ``BantamError`` of kind `invalidArgument` if this is not a float type to compute with.
    func requireRealFloat() throws {
        guard isRealFloat else {
            throw BantamError(.invalidArgument, "expected a float tensor, found \(rawValue)")
        }
    }
}
