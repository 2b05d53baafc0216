// Counting a tensor's values before and after in shared bins, and how far the two distributions are apart.

import BantamTensors
import Glibc

extension PairedHistogram {
    /// The finite values of two tensors in `bins` equally wide bins over the range of both together.
    ///
    /// A bin includes its lower edge; the last one includes both. Where all values are the same (or closer
    /// than doubles can divide), the range is widened around them by half a unit or 2⁻²⁰ of the value,
    /// whichever is more.
    ///
    /// - Complexity: O(elements), two reads of both tensors.
    /// - Returns: `nil` without a single finite value.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the numbers of elements differ or `bins` is not
    ///   within 1…65536, `compatibility` for dtypes that are not computed with.
    public init?(original: Tensor, reconstruction: Tensor, bins: Int = 64, workers: Workers = .one) throws {
        guard (1...65536).contains(bins) else {
            throw BantamError(.invalidArgument, "expected 1 to 65536 bins, found \(bins)")
        }
        let comparison = try ValueComparison(
            original: original, reconstruction: reconstruction, workers: workers)
        try self.init(
            original: original, reconstruction: reconstruction, low: comparison.low, high: comparison.high,
            bins: bins, workers: workers)
    }

    /// The same over a range that is known already; `nil` if it is empty.
    init?(
        original: Tensor, reconstruction: Tensor, low: Double, high: Double, bins: Int, workers: Workers
    ) throws {
        let dtypes = [original.dtype, reconstruction.dtype]
        if let dtype = dtypes.first(where: { !$0.isNumeric }) {
            throw BantamError(.compatibility, "expected numbers to count, found \(dtype.rawValue)")
        }
        guard low <= high else { return nil }
        var (low, high) = (low, high)
        if high / 2 - low / 2 < max(1e-290, low.magnitude * 0x1p-40, high.magnitude * 0x1p-40) {
            let margin = max(0.5, low.magnitude * 0x1p-20)
            (low, high) = (
                max(low - margin, -.greatestFiniteMagnitude), min(high + margin, .greatestFiniteMagnitude)
            )
        }
        let scale = BinScale(low: low, high: high, bins: bins)
        self.init(
            range: low...high, before: try scale.counts(of: original, workers),
            after: try scale.counts(of: reconstruction, workers))
    }

    /// The Kullback–Leibler divergence D(before ‖ after) of the two histograms, in nats.
    ///
    /// Half a count is added to every bin of both, so that an empty bin does not make it infinite:
    /// Σ p ln(p/q) with p and q = (count + ½) / (total + bins/2). 0 for equal histograms.
    ///
    /// Sources: S. Kullback and R. Leibler, "On Information and Sufficiency", 1951; R. Krichevsky and
    /// V. Trofimov, "The Performance of Universal Encoding", 1981, for the half count.
    public var klDivergence: Double {
        let half = 0.5 * Double(before.count)
        let totals = (Double(before.reduce(0, +)) + half, Double(after.reduce(0, +)) + half)
        let sum = zip(before, after).reduce(0.0) { sum, counts in
            let p = (Double(counts.0) + 0.5) / totals.0
            let q = (Double(counts.1) + 0.5) / totals.1
            return sum + p * log(p / q)
        }
        return max(0, sum)
    }
}

/// Where a value falls among equally wide bins.
private struct BinScale: Sendable {
    /// Half the lower edge: halves keep the width of the widest ranges finite.
    var halfLow: Double
    /// Bins per half unit.
    var binsPerHalf: Double
    var bins: Int

    init(low: Double, high: Double, bins: Int) {
        halfLow = low / 2
        binsPerHalf = Double(bins) / (high / 2 - low / 2)
        self.bins = bins
    }

    func counts(of tensor: Tensor, _ workers: Workers) throws -> [Int] {
        let blocks = ElementBlocks.count(of: tensor.elementCount)
        let perPiece = 64
        let elements = ElementBlocks(tensor: tensor)
        let floats = ElementBlocks.fitsFloat(tensor.dtype)
        let pieces = try workers.map((blocks + perPiece - 1) / perPiece) { piece in
            // Four tables in turn: neighbours often share a bin, and would wait for each other's count.
            var tables = [Int](repeating: 0, count: 4 * bins)
            let range = piece * perPiece..<min((piece + 1) * perPiece, blocks)
            defer { elements.letGo(ofBlocks: range) }
            for block in range {
                if floats {
                    try elements.withBlock(block, as: Float.self) { count($0, into: &tables) }
                } else {
                    try elements.withBlock(block, as: Double.self) { count($0, into: &tables) }
                }
            }
            return tables
        }
        var counts = [Int](repeating: 0, count: bins)
        for tables in pieces {
            for index in tables.indices { counts[index % bins] += tables[index] }
        }
        return counts
    }

    private func count<Real: BinaryFloatingPoint>(
        _ values: UnsafeBufferPointer<Real>, into tables: inout [Int]
    ) {
        let last = Double(bins - 1)
        tables.withUnsafeMutableBufferPointer { tables in
            for (index, value) in values.enumerated() where value.isFinite {
                let position = (Double(value) / 2 - halfLow) * binsPerHalf
                let bin = Int(Swift.min(Swift.max(position, 0), last))
                tables[(index & 3) * bins + bin] += 1
            }
        }
    }
}
