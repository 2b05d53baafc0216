import BantamTensors
import CBantamKernels

// From codes and scales back to float32.

extension Quantized {
    /// The elements the codes stand for, x̂ = (code − zero point)·scale, as `float32` in the codes' shape.
    ///
    /// The difference is exact and the product rounded once, so every processor gives the same bits; a rotation
    /// adds in one order.
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
        var codes = try codes.decoded(workers: workers)
        if let trellis { codes = try trellis.levels(of: codes, workers: workers) }
        precondition(result.count == codes.elementCount, "buffers do not fit")
        let slices = granularity.slicing(of: codes.shape)
        guard codes.elementCount > 0 else { return }
        switch codes.dtype {
        case .int8: try decode(codes, Int8.self, bantam_dequantize_int8, slices, into: result, workers)
        case .int16: try decode(codes, Int16.self, bantam_dequantize_int16, slices, into: result, workers)
        default: try scale(codes.float32(), slices, into: result, workers)
        }
        if let rotation { try rotation.undo(result, shape: codes.shape, workers: workers) }
    }

    /// Codes that are floats already: float8 numbers or levels of a palette.
    private func scale(
        _ codes: Tensor, _ slices: (rows: Int, columns: Int, length: Int),
        into result: UnsafeMutableBufferPointer<Float>, _ workers: Workers
    ) throws {
        let pieces = SlicePieces(
            rows: slices.rows, columns: slices.columns, length: slices.length, limit: 1 << 18)
        nonisolated(unsafe) let result = result.baseAddress!
        try workers.forEach(pieces.count) { index in
            let piece = pieces[index]
            codes.withElements(as: Float.self) { codes in
                scales.withElements(as: Float.self) { scales in
                    var run = piece.run
                    for row in 0..<piece.rows {
                        for start in stride(from: 0, to: piece.columns, by: slices.length) {
                            let first = piece.element + row * piece.columns + start
                            let scale = scales[run]
                            for element in first..<first + min(slices.length, piece.columns - start) {
                                result[element] = codes[element] * scale
                            }
                            run += 1
                        }
                    }
                }
            }
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
        let scaleShape = granularity.scaleShape(of: codes.shape)
        guard scales.dtype == .float32, scales.shape == scaleShape else {
            throw BantamError(
                .corruption,
                "expected float32 \(scaleShape) scales, found \(scales.dtype.rawValue) \(scales.shape)")
        }
        let code = try codeDType()
        if trellis != nil {
            guard case .dense = codes, code == .int8, zeroPoints == nil else {
                throw BantamError(
                    .corruption,
                    "expected dense int8 codes without zero points as indices of a trellis code, found "
                        + "\(code.rawValue) \(codes.summary) ones")
            }
        }
        guard let zeroPoints else { return }
        guard code == .int8 || code == .int16 else {
            throw BantamError(.corruption, "expected no zero points for \(codes.summary) codes, found some")
        }
        guard zeroPoints.dtype == code, zeroPoints.shape == scaleShape else {
            throw BantamError(
                .corruption,
                "expected \(code.rawValue) \(scaleShape) zero points, "
                    + "found \(zeroPoints.dtype.rawValue) \(zeroPoints.shape)")
        }
    }

    private func codeDType() throws -> DType {
        var dtype: DType?
        switch codes {
        case .dense(let codes): dtype = codes.dtype
        case .sparse(let sparse):
            if case .dense(let codes) = sparse.values, codes.dtype.isInteger { dtype = codes.dtype }
        case .palettized(let palettized):
            try palettized.validate()
            dtype = .float32
        case .quantized, .lowRank, .trellisCoded: break
        }
        switch dtype {
        case .int8?, .int16?, .float8E4M3?, .float8E5M2?: return dtype!
        case .float32? where codes.isPalettized: return .float32
        default:
            throw BantamError(
                .corruption, "expected int8, int16, float8 or palettized codes, found \(codes.summary) ones")
        }
    }
}

extension Encoding {
    fileprivate var isPalettized: Bool { if case .palettized = self { true } else { false } }
}
