import BantamEncodings
import BantamTensors
import CBantamKernels

/// Rounds values to a 16-bit float; recipes call it `quantize: fp16` and `quantize: bf16`.
///
/// A dense tensor stays a dense tensor of the new dtype, so its file loads anywhere. The stored values of a
/// sparse tensor and both factors of a low-rank one are cast. NaN or infinity in a tensor is refused, or with
/// ``keepingNonFinite`` leaves it as it is; so do values beyond the largest number, which would become
/// infinite.
///
/// - Error bound: |x − x̂| ≤ 2⁻¹¹·|x| for float16 from 2⁻¹⁴ up to 65504 and ≤ 2⁻²⁵ below; |x − x̂| ≤ 2⁻⁸·|x| for
///   normal bfloat16 numbers. float64 is first rounded to float32.
/// - Complexity: O(elements).
public struct Cast: Pass {
    /// `float16` or `bfloat16`.
    public let dtype: DType
    /// Whether a tensor with NaN or infinity is left as it is rather than refused.
    public let keepingNonFinite: Bool

    /// A cast.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if `dtype` is neither `float16` nor `bfloat16`.
    public init(to dtype: DType, keepingNonFinite: Bool = false) throws {
        guard dtype == .float16 || dtype == .bfloat16 else {
            throw BantamError(.invalidArgument, "expected float16 or bfloat16, found \(dtype.rawValue)")
        }
        self.dtype = dtype
        self.keepingNonFinite = keepingNonFinite
    }

    /// `quantize`.
    public var name: String { "quantize" }

    /// - Throws: ``BantamError`` of kind `invalidArgument` for quantized values and for other than floats,
    ///   `corruption` for NaN or infinity, unless ``keepingNonFinite``.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        var overflowed = 0
        do {
            let result = try cast(encoding, context.workers, &overflowed)
            if overflowed == 0 { return PassResult(result) }
        } catch let error as Quantize.NonFinite {
            guard keepingNonFinite else {
                throw BantamError(.corruption, "expected finite values to quantize, found \(error.found)")
            }
            return PassResult(encoding, notes: ["not quantized: \(error.found)"])
        }
        let largest = dtype == .float16 ? "65504" : "3.39e38"
        return PassResult(
            encoding,
            notes: [
                "not quantized: \(overflowed) values beyond \(largest), the largest \(dtype.rawValue), "
                    + "would become infinite"
            ])
    }

    private func cast(_ encoding: Encoding, _ workers: Workers, _ overflowed: inout Int) throws -> Encoding {
        switch encoding {
        case .dense(let tensor):
            return .dense(try cast(tensor, workers, &overflowed))
        case .sparse(var sparse):
            sparse.values = try cast(sparse.values, workers, &overflowed)
            return .sparse(sparse)
        case .lowRank(var lowRank):
            lowRank.left = try cast(lowRank.left, workers, &overflowed)
            lowRank.right = try cast(lowRank.right, workers, &overflowed)
            return .lowRank(lowRank)
        case .quantized, .palettized, .trellisCoded:
            throw BantamError(.invalidArgument, "expected float values, found \(encoding.summary) ones")
        }
    }

    private func cast(_ tensor: Tensor, _ workers: Workers, _ overflowed: inout Int) throws -> Tensor {
        try tensor.requireRealFloat()
        if tensor.dtype == dtype { return tensor }
        let source = try tensor.float32()
        try source.withElements(as: Float.self) { elements in
            let found = Quantize.NonFinite(in: elements)
            if found.count > 0 { throw found }
        }
        return try Tensor(dtype, tensor.shape, as: UInt16.self) { result in
            overflowed += try source.withElements(as: Float.self) {
                try cast($0, into: result, workers: workers)
            }
        }
    }

    /// Writes `source` rounded to bit patterns of ``dtype``.
    ///
    /// - Returns: the number of finite elements that became infinite.
    @discardableResult
    public func cast(
        _ source: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<UInt16>,
        workers: Workers
    ) throws -> Int {
        precondition(source.count == result.count, "buffers do not fit")
        guard source.count > 0 else { return 0 }
        let pieces = SlicePieces(count: source.count, limit: 1 << 16)
        nonisolated(unsafe) let buffers = (source.baseAddress!, result.baseAddress!)
        let infinity: UInt16 = dtype == .float16 ? 0x7c00 : 0x7f80
        let overflowed = try workers.map(pieces.count) { index in
            let piece = pieces[index]
            let source = UnsafeBufferPointer(start: buffers.0 + piece.element, count: piece.columns)
            let result = UnsafeMutableBufferPointer(start: buffers.1 + piece.element, count: piece.columns)
            if dtype == .float16 {
                bantam_float32_to_float16(source.baseAddress, result.baseAddress, source.count)
            } else {
                bantam_float32_to_bfloat16(source.baseAddress, result.baseAddress, source.count)
            }
            // While it is in cache. Infinities are rare, so only they are compared with where they came from.
            let counts = bantam_count_magnitudes_16(result.baseAddress, result.count, infinity)
            guard counts.equal > 0 else { return 0 }
            var overflowed = 0
            for (value, element) in zip(source, result) where element & 0x7fff == infinity {
                if value.isFinite { overflowed += 1 }
            }
            return overflowed
        }
        return overflowed.reduce(0, +)
    }
}
