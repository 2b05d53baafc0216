import BantamTensors
import CBantamKernels

// From codes and scales back to float32.

extension Quantized {
    /// The elements the codes stand for, x̂ = (code − zero point)·scale, as `float32` in the codes' shape.
    ///
    /// The difference is exact and the product rounded once, so every processor gives the same bits.
    ///
    /// - Complexity: O(elements); sparse codes are first written out.
    /// - Throws: ``BantamError`` of kind `corruption` if the parts do not fit each other; see ``validate()``.
    public func decoded(workers: Workers) throws -> Tensor {
        try validate()
        return try Tensor(.float32, codes.shape, as: Float.self) { try decode(into: $0, workers: workers) }
    }

    /// Writes the elements to `result`, which holds as many.
    ///
    /// - Throws: what ``decoded(workers:)`` throws.
    public func decode(into result: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        try validate()
        let codes = try codes.decoded(workers: workers)
        precondition(result.count == codes.elementCount, "buffers do not fit")
        let slices = granularity.slicing(of: codes.shape)
        guard codes.elementCount > 0 else { return }
        switch codes.dtype {
        case .int8: try decode(codes, Int8.self, bantam_dequantize_int8, slices, into: result, workers)
        case .int16: try decode(codes, Int16.self, bantam_dequantize_int16, slices, into: result, workers)
        default: throw BantamError(.corruption, "expected int8 or int16 codes, found \(codes.dtype.rawValue)")
        }
    }

    private typealias Kernel<Code> =
        @Sendable (
            UnsafePointer<Code>?, Int, Int, Int, UnsafePointer<Float>?, UnsafePointer<Code>?,
            UnsafeMutablePointer<Float>?
        ) -> Void

    private func decode<Code: BitwiseCopyable & Sendable>(
        _ codes: Tensor, _ type: Code.Type, _ kernel: @escaping Kernel<Code>,
        _ slices: (rows: Int, columns: Int, length: Int),
        into result: UnsafeMutableBufferPointer<Float>, _ workers: Workers
    ) throws {
        let pieces = SlicePieces(
            rows: slices.rows, columns: slices.columns, length: slices.length, limit: 1 << 18)
        nonisolated(unsafe) let result = result.baseAddress!
        try workers.forEach(pieces.count) { index in
            let piece = pieces[index]
            codes.withElements(as: Code.self) { codes in
                scales.withElements(as: Float.self) { scales in
                    let write = { (zeroPoints: UnsafePointer<Code>?) in
                        kernel(
                            codes.baseAddress! + piece.element, piece.rows, piece.columns, slices.length,
                            scales.baseAddress! + piece.run, zeroPoints, result + piece.element)
                    }
                    if let zeroPoints {
                        zeroPoints.withElements(as: Code.self) { write($0.baseAddress! + piece.run) }
                    } else {
                        write(nil)
                    }
                }
            }
        }
    }

    /// Checks that codes, scales and zero points fit each other, which nobody has done yet for parts that come
    /// from a file. Values are not looked at: any code, scale and zero point stands for some float.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that says what was expected.
    public func validate() throws {
        if case .group(let length) = granularity, length < 1 {
            throw BantamError(.corruption, "expected groups of at least 1 element, found \(length)")
        }
        let code = try codeDType()
        let scaleShape = granularity.scaleShape(of: codes.shape)
        guard scales.dtype == .float32, scales.shape == scaleShape else {
            throw BantamError(
                .corruption,
                "expected float32 \(scaleShape) scales, found \(scales.dtype.rawValue) \(scales.shape)")
        }
        guard let zeroPoints else { return }
        guard zeroPoints.dtype == code, zeroPoints.shape == scaleShape else {
            throw BantamError(
                .corruption,
                "expected \(code.rawValue) \(scaleShape) zero points, "
                    + "found \(zeroPoints.dtype.rawValue) \(zeroPoints.shape)")
        }
    }

    private func codeDType() throws -> DType {
        var tensor: Tensor?
        switch codes {
        case .dense(let codes): tensor = codes
        case .sparse(let sparse): if case .dense(let codes) = sparse.values { tensor = codes }
        case .quantized, .lowRank: break
        }
        guard let dtype = tensor?.dtype, dtype == .int8 || dtype == .int16 else {
            throw BantamError(.corruption, "expected int8 or int16 codes, found \(codes.summary) ones")
        }
        return dtype
    }
}
