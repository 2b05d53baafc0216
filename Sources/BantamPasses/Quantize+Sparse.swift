import BantamEncodings
import BantamTensors

// A scale per channel over the values a sparse tensor stores: sparse codes, so that inference and the archive
// see one matrix of codes with a scale per row. Zeros are not stored, so only a zero point of 0 can mean them.

extension Quantize {
    func quantized(_ sparse: Sparse, values: Tensor, _ notes: inout [String]) throws -> Quantized {
        guard scheme == .symmetric else {
            throw BantamError(
                .invalidArgument,
                "expected the symmetric scheme for a sparse tensor per channel, found affine "
                    + "(its zeros are not stored and have no zero point)")
        }
        guard isPlain else {
            let (codes, scales) = try lowBits(values, runs: sparse.valuesPerSlice(), &notes)
            var positions = sparse
            positions.values = .dense(codes)
            return Quantized(
                codes: .sparse(positions), scales: scales.decoded, zeroPoints: nil, granularity: .channel,
                heldScales: scales.held, codeBits: bits)
        }
        return bits == 8
            ? try quantized(sparse, values, codes: Int8.self)
            : try quantized(sparse, values, codes: Int16.self)
    }

    private func quantized<Code: QuantizedCode>(
        _ sparse: Sparse, _ values: Tensor, codes type: Code.Type
    ) throws -> Quantized {
        let source = try values.float32ToQuantize()
        let counts = try sparse.valuesPerSlice()
        var codes = sparse
        let scales = try Tensor(.float32, [counts.count], as: Float.self) { scales in
            codes.values = .dense(
                try Tensor(Code.dtype, values.shape, as: Code.self) { codes in
                    try source.withElements(as: Float.self) { elements in
                        let refused = quantizeRuns(elements, counts, codes: codes, scales: scales)
                        if refused > 0 { throw NonFinite(in: elements) }
                    }
                })
        }
        return Quantized(codes: .sparse(codes), scales: scales, zeroPoints: nil, granularity: .channel)
    }

    /// Runs of unequal length, one scale each; returns how many hold NaN or infinity.
    private func quantizeRuns<Code: QuantizedCode>(
        _ source: UnsafeBufferPointer<Float>, _ counts: [Int], codes: UnsafeMutableBufferPointer<Code>,
        scales: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        var refused = 0
        var start = 0
        for (run, count) in counts.enumerated() {
            scales[run] = 0
            guard count > 0 else { continue }
            refused += Code.quantize(
                source.baseAddress! + start, rows: 1, columns: count, length: count,
                codes: codes.baseAddress! + start, scales: scales.baseAddress! + run, zeroPoints: nil)
            start += count
        }
        return refused
    }
}
