import Foundation

/// What docs/recipes.md and docs/format.md say of low bits, in the plainest Swift: what a matrix comes back as.
struct LowBitReference {
    let rows: Int
    let columns: Int
    let values: [Float]

    /// The runs that share a scale: `tensor`, `channel` or `group:N`.
    func runs(_ granularity: String) -> [Range<Int>] {
        if granularity == "tensor" { return [0..<values.count] }
        let length = granularity == "channel" ? columns : Int(granularity.dropFirst("group:".count))!
        return (0..<rows).flatMap { row in
            stride(from: 0, to: columns, by: length).map {
                row * columns + $0..<row * columns + min($0 + length, columns)
            }
        }
    }

    /// x̂ = round(x / scale)·scale, scale = max|x| / (2^(bits−1) − 1), or the magnitude of the nearest rank for a
    /// percentile; codes from −2^(bits−1), as narrowed scales and clipped values may need.
    func symmetric(
        _ bits: Int, _ granularity: String, halfScales: Bool = false, percentile: Double = 100
    ) -> [Float] {
        var result = values
        for run in runs(granularity) {
            let sorted = values[run].map(\.magnitude).sorted()
            let rank = Int((percentile / 100 * Double(sorted.count)).rounded(.up))
            var scale = sorted[rank - 1] / Float(1 << (bits - 1) - 1)
            if halfScales { scale = Float(Float16(scale)) }
            for index in run {
                let code = (values[index] / scale).rounded(.toNearestOrEven)
                result[index] = max(-Float(1 << (bits - 1)), min(Float(1 << (bits - 1) - 1), code)) * scale
            }
        }
        return result
    }

    /// x̂ = (code − zero point)·scale, scale = (max − min) / (2^bits − 1) with 0 between them.
    func affine(_ bits: Int, _ granularity: String) -> [Float] {
        var result = values
        for run in runs(granularity) {
            let (low, high) = (min(0, values[run].min()!), max(0, values[run].max()!))
            let scale = (high - low) / Float(1 << bits - 1)
            let limit = Float(1 << (bits - 1))
            let zero = -limit - (low / scale).rounded(.toNearestOrEven)
            for index in run {
                let code = (values[index] / scale).rounded(.toNearestOrEven) + zero
                result[index] = (max(-limit, min(limit - 1, code)) - zero) * scale
            }
        }
        return result
    }

    /// x̂ = level·scale, scale = max|x| / largest level; of two levels as near the one an even number of places from 0.
    func levels(_ levels: [Float], _ granularity: String) -> [Float] {
        var result = values
        let zero = levels.firstIndex(of: 0)!
        for run in runs(granularity) {
            let scale = values[run].map(\.magnitude).max()! / levels.map(\.magnitude).max()!
            for index in run {
                let quotient = Double(values[index] / scale)
                let place = levels.indices.min { a, b in
                    let (near, far) = (abs(Double(levels[a]) - quotient), abs(Double(levels[b]) - quotient))
                    return near != far ? near < far : (a - zero) % 2 == 0 && (b - zero) % 2 != 0
                }!
                result[index] = levels[place] * scale
            }
        }
        return result
    }

    /// The numbers of an 8-bit float in order; `count` patterns of each sign are some.
    static func float8(exponentBits: Int, count: Int) -> [Float] {
        let mantissaBits = 7 - exponentBits
        let bias = 1 << (exponentBits - 1) - 1
        let magnitudes = (0..<count).map { pattern in
            let (exponent, mantissa) = (pattern >> mantissaBits, pattern & (1 << mantissaBits - 1))
            let whole = exponent == 0 ? 0 : 1 << mantissaBits
            return Float(whole + mantissa) * pow(2, Float(max(1, exponent) - bias - mantissaBits))
        }
        return magnitudes.dropFirst().reversed().map { -$0 } + magnitudes
    }

    /// The sixteen levels of T. Dettmers et al., "QLoRA: Efficient Finetuning of Quantized LLMs", 2023, appendix E.
    static let normal: [Float] = [
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023,
        1,
    ]

    /// Rows after the rotation of docs/format.md, by matrices of ±1/√n with the signs of SplitMix64.
    func rotated(_ values: [Float], seed: UInt64) -> [Double] {
        var state = seed
        let signs = (0..<columns).map { _ -> Double in
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return (z ^ (z >> 31)) >> 63 == 1 ? -1 : 1
        }
        var result = [Double](repeating: 0, count: values.count)
        for row in 0..<rows {
            var start = 0
            while start < columns {
                var length = 1
                while 2 * length <= min(columns - start, 4096) { length *= 2 }
                for i in 0..<length {
                    for j in 0..<length {
                        let sign = (i & j).nonzeroBitCount % 2 == 0 ? 1.0 : -1
                        result[row * columns + start + i] +=
                            sign * signs[start + j] * Double(values[row * columns + start + j])
                            / Double(length).squareRoot()
                    }
                }
                start += length
            }
        }
        return result
    }

    /// The least squared error that `count` values can have, over all ways to cut the sorted numbers.
    static func leastSquaredError(of values: [Float], sharing count: Int) -> Double {
        let sorted = values.map(Double.init).sorted()
        var sums = [(0.0, 0.0)]
        for value in sorted { sums.append((sums.last!.0 + value, sums.last!.1 + value * value)) }
        func cost(_ start: Int, _ end: Int) -> Double {
            let sum = sums[end].0 - sums[start].0
            return max(0, sums[end].1 - sums[start].1 - sum * sum / Double(end - start))
        }
        var best = [0] + (1...sorted.count).map { cost(0, $0) }
        for _ in 1..<count {
            let before = best
            for end in 1...sorted.count {
                for start in 1..<max(2, end) where start < end {
                    best[end] = min(best[end], before[start] + cost(start, end))
                }
            }
        }
        return best[sorted.count]
    }

    /// The squared error of what came back.
    static func squaredError(_ values: [Float], _ found: [Float]) -> Double {
        zip(values, found).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    }
}
