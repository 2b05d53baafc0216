// Why: on small and sparse tensors a coder that adapts makes less of the indices than tables that are the same for the
// whole model, and needs no classes beside them.

import BantamEncodings
import BantamTensors

extension RateDistortion {
    /// `tensor` as indices of `step` in an array of codes, for any coder, with the scale of the least squared error.
    ///
    /// - Parameter tables: what bits cost; the coder that follows is not known.
    /// - Returns: `nil` if indices do not fit in 8 bits.
    /// - Complexity: O(elements · states), runs shared by `workers`; the result does not depend on their number.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a step that cannot be, `corruption` for NaN or infinity.
    public func codes(
        of tensor: Tensor, step: Float, tables: TrainedTables, workers: Workers
    ) throws -> Quantized? {
        let tensor = try tensor.float32()
        let scales = try MatrixScales(of: tensor, workers: workers, findingMeans: false)
        try RateDistortion.check(step: step, largest: scales.largest)
        var header = scales.header(code, step: step)
        (header.laneBits, header.blockBits) = (0, TrellisCode.runLength.trailingZeroBitCount)
        // Levels are taken as they are: one scale fits all of them best.
        var tables = tables
        tables.tables.offsets = tables.tables.offsets.map { [Int8](repeating: 0, count: $0.count) }
        let encoder = TrellisEncoder(
            tensor: tensor, header: header, columns: scales.columns, search: TrellisSearch(self, tables),
            tables: tables, keepsZeros: scales.keepsZeros)
        let length = TrellisCode.runLength
        let runs = try workers.map((tensor.elementCount + length - 1) / length) { run in
            var contexts: [UInt8] = []
            return encoder.indices(block: run, &contexts)
        }
        var codes: [Int8] = []
        codes.reserveCapacity(tensor.elementCount)
        for run in runs {
            for index in run {
                guard let code = Int8(exactly: index) else { return nil }
                codes.append(code)
            }
        }
        let indices = Tensor(.int8, tensor.shape, codes)
        let levels = try self.code.levels(of: indices, workers: workers)
        return Quantized(
            codes: .dense(indices), scales: Tensor(.float32, [], [scale(of: tensor, levels, step: step)]),
            zeroPoints: nil, granularity: .tensor, codeBits: codes.bitCount, trellis: code)
    }

    /// Σ x·level / Σ level², in order.
    private func scale(of tensor: Tensor, _ levels: Tensor, step: Float) -> Float {
        let (product, square) = tensor.withElements(as: Float.self) { elements in
            levels.withElements(as: Int16.self) { levels in
                zip(elements, levels).reduce(into: (0.0, 0.0)) { sums, pair in
                    sums.0 += Double(pair.0) * Double(pair.1)
                    sums.1 += Double(pair.1) * Double(pair.1)
                }
            }
        }
        let best = Float(product / square)
        return square > 0 && best.isNormal ? best : step
    }
}

extension [Int8] {
    /// Bits that all of them fit in, 2 to 8.
    fileprivate var bitCount: Int {
        let largest = reduce(0) { Swift.max($0, Int($1.magnitude)) }
        return (2...8).first { largest < 1 << ($0 - 1) } ?? 8
    }
}
