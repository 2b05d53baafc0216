// Why: a table for many rows is one for none of them; a table for few has to be paid for. The data decide.

import BantamTensors
import CBantamKernels

/// How large the blocks of an array are best: a power of two from 256 KiB to 1 MiB.
enum FastBlockSize {
    private static let least = 256 << 10
    private static let most = CodedArray.defaultBlockByteCount
    /// So many pieces of the largest size are looked at, evenly spread, and so many elements of each quarter.
    private static let pieceCount = 8
    private static let sampleCount = 8192
    /// What a block takes besides its elements: head, sizes and what 128 states that begin at 256 waste, in bits.
    private static let overhead = UInt64(8 * (2 + 16 + BANTAM_RANS_STEP))

    /// The size that promises the fewest bytes; the larger one of equals.
    ///
    /// - Complexity: O(1).
    static func best(for bytes: UnsafeRawBufferPointer, of dtype: DType) -> Int {
        guard bytes.count >= most, let layout = FastLayout.candidates(for: dtype).first else { return most }
        let count = min(pieceCount, bytes.count / most)
        let stride = count == 1 ? 0 : (bytes.count - most) / (count - 1) / 64 * 64
        let sizes = [most, most / 2, least]
        var costs = [UInt64](repeating: 0, count: sizes.count)
        for piece in 0..<count {
            let quarters = self.quarters(
                of: UnsafeRawBufferPointer(rebasing: bytes[piece * stride..<piece * stride + most]), layout)
            for (index, size) in sizes.enumerated() {
                costs[index] += cost(quarters, merged: size / least, layout)
            }
        }
        var best = 0
        for index in costs.indices where costs[index] < costs[best] { best = index }
        return sizes[best]
    }

    /// The values of each quarter of a piece, counted in a sample.
    private static func quarters(of piece: UnsafeRawBufferPointer, _ layout: FastLayout) -> [[UInt32]] {
        (0..<most / least).map { quarter in
            let elements = least / layout.elementByteCount
            var counts = [UInt32](repeating: 0, count: 256)
            bantam_rans_count(
                layout.kernel, piece.baseAddress.map { $0 + quarter * least }, elements,
                elements / sampleCount, &counts)
            return counts
        }
    }

    /// The bits of a piece in blocks of so many quarters, times 2¹⁶.
    private static func cost(_ quarters: [[UInt32]], merged: Int, _ layout: FastLayout) -> UInt64 {
        stride(from: 0, to: quarters.count, by: merged).reduce(0) { sum, first in
            var counts = quarters[first]
            for quarter in quarters[first + 1..<first + merged] {
                for value in counts.indices { counts[value] += quarter[value] }
            }
            let model = FastModel(counts: counts, mask: layout.valueMask, isComplete: false)
            let scale = UInt64(least / layout.elementByteCount / sampleCount)
            return sum + model.cost(of: counts) * scale
                + (overhead + UInt64(16 * model.frequencies.count)) << 16
        }
    }
}
