/// Where to clip a slice so that its codes keep its distribution.
///
/// The magnitudes are counted in bins of equal width up to the largest. For a threshold after bin i, P is the counts
/// of the first i bins, those beyond added to the last; Q is the counts of the first i bins summed over as many runs
/// of bins as there are positive codes, 2^(bits−1), each sum spread evenly over the bins of its run that hold
/// anything. The threshold with the least Kullback–Leibler divergence Σ p·ln(p/q) is taken, of equals the
/// largest. A bin that Q leaves empty counts as a ten-thousandth of an element.
///
/// Bins: the power of two from 8 · 2^(bits−1) up to 2048 that is next to the number of elements; at most 129
/// thresholds, spread evenly.
///
/// - Complexity: O(elements + bins + thresholds · 2^bits) for each slice.
///
/// Source: S. Migacz, "8-bit Inference with TensorRT", 2017.
enum DivergenceRange {
    static func threshold(of slice: UnsafeBufferPointer<Float>, bits: Int) -> Float {
        let largest = slice.reduce(0) { max($0, $1.magnitude) }
        guard largest >= .leastNormalMagnitude else { return largest }
        let levels = 1 << (bits - 1)
        var binCount = min(2048, 8 * levels)
        while binCount < 2048, binCount < slice.count { binCount *= 2 }
        var bins = [Double](repeating: 0, count: binCount)
        for value in slice {
            // In double the quotient cannot overflow.
            bins[min(binCount - 1, Int(Double(value.magnitude) / Double(largest) * Double(binCount)))] += 1
        }
        let histogram = Histogram(bins)
        let step = max(1, (binCount - levels) / 128)
        var best = (divergence: Double.infinity, bins: binCount)
        for end in stride(from: binCount, through: levels, by: -step) {
            let found = histogram.divergence(clippedAfter: end, levels: levels)
            if found < best.divergence { best = (found, end) }
        }
        return Float(Double(largest) * Double(best.bins) / Double(binCount))
    }

    /// Sums over the bins before each, so that a threshold costs no more than its levels: q is the same for all bins of
    /// a level that hold anything, and Σ p·ln(p/q) = Σ p·ln p − Σ p·ln q.
    private struct Histogram {
        var counts = [0.0]
        var used = [0.0]
        /// Σ count · ln count.
        var weighted = [0.0]

        init(_ bins: [Double]) {
            for count in bins {
                counts.append(counts.last! + count)
                used.append(used.last! + (count > 0 ? 1 : 0))
                weighted.append(weighted.last! + (count > 0 ? count * naturalLogarithm(count) : 0))
            }
        }

        func divergence(clippedAfter end: Int, levels: Int) -> Double {
            let total = counts[counts.count - 1]
            let beyond = total - counts[end]
            let last = counts[end] - counts[end - 1]
            let empty = 1e-4
            let spreadTotal = counts[end] + empty * (Double(end) - used[end])
            // Counts stand for p and for q; what both are divided by is put in at the end.
            var sum = weighted[end - 1]
            if last + beyond > 0 { sum += (last + beyond) * naturalLogarithm(last + beyond) }
            for level in 0..<levels {
                let (first, next) = (level * end / levels, (level + 1) * end / levels)
                let count = counts[next] - counts[first]
                let mean = used[next] > used[first] ? count / (used[next] - used[first]) : empty
                if count > 0 { sum -= count * naturalLogarithm(mean) }
                guard next == end, beyond > 0 else { continue }
                sum -= beyond * naturalLogarithm(last > 0 ? mean : empty)
            }
            return sum / total + naturalLogarithm(spreadTotal / total)
        }
    }

    /// ln x to about 10⁻¹³, the same on every processor, which a library's is not.
    ///
    /// x = m·2^e with m near 1, and ln m = 2·artanh((m − 1)/(m + 1)) by its series.
    static func naturalLogarithm(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var significand = x.significand
        if significand > 1.4142135623730951 {
            significand /= 2
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var sum = 0.0
        for odd in stride(from: 15.0, through: 1, by: -2) { sum = sum * square + 1 / odd }
        return exponent * 0.6931471805599453 + 2 * ratio * sum
    }
}
