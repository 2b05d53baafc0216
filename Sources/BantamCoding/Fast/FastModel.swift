// Why: a block's table of frequencies decides its ratio; made from counts by integer arithmetic alone.

import CBantamKernels

/// The alphabet of a block: up to 32 symbols, the last of which may be an escape, with frequencies of 256.
struct FastModel {
    /// What the symbols stand for, the escape left out.
    var values: [UInt8]
    /// From 1 to 255 each, together 256; the escape's is the last.
    var frequencies: [UInt8]

    /// Whether the last symbol says that the value stands among the escapes.
    var hasEscape: Bool { frequencies.count > values.count }

    static let largestAlphabet = BANTAM_RANS_SYMBOLS

    /// The model for counted values.
    ///
    /// A value is listed if that is cheaper than escaping it: a frequency of 1 costs the others
    /// log₂(256/255) bit an element, an escape 8 bit more. There is no escape if nothing can need one.
    ///
    /// - Parameters:
    ///   - counts: by value, 256 of them, at least one not zero.
    ///   - mask: the bits that values consist of.
    ///   - isComplete: whether every element was counted.
    init(counts: [UInt32], mask: UInt8, isComplete: Bool) {
        let total = counts.reduce(UInt64(0)) { $0 + UInt64($1) }
        var ranked = (0..<256).filter { counts[$0] > 0 }
        ranked.sort { counts[$0] == counts[$1] ? $0 < $1 : counts[$0] > counts[$1] }
        var escaped: UInt64?
        let possible = 1 << mask.nonzeroBitCount
        let listedCount = ranked.prefix(FastModel.largestAlphabet - 1).prefix {
            UInt64(counts[$0]) * 1429 > total
        }.count
        if possible <= FastModel.largestAlphabet, possible - listedCount <= 1 {
            // The last value costs no more than an escape would.
            let missing = (0..<256).filter { $0 & ~Int(mask) == 0 && counts[$0] == 0 }
            ranked += missing
        } else if !isComplete || listedCount < max(ranked.count, 2) {
            ranked.removeSubrange(listedCount...)
            escaped = ranked.reduce(total) { $0 - UInt64(counts[$1]) }
        }
        let listed = ranked.map { UInt64(counts[$0]) }
        values = ranked.map { UInt8($0) }
        frequencies = FastModel.frequencies(of: listed + (escaped.map { [$0] } ?? []), total: total)
    }

    /// The same with the slots in the order that suits decoders: few symbols begin within any 16, for those that have no
    /// look-up among 256 find a symbol by comparing. Apart from that common ones come first: states that come from lower
    /// slots are smaller, and the common ones are coded most. So three are let begin; with two, floats took up to 0.01 %
    /// more.
    var ordered: FastModel {
        let rising = values.indices.sorted { (frequencies[$0], $0) < (frequencies[$1], $1) }
        let shares = rising.map { Int(frequencies[$0]) }
        let escape = hasEscape ? Int(frequencies[values.count]) : 0
        var order: [Int]?
        for limit in 3..<FastModel.row where order == nil {
            order = FastModel.order(of: shares, before: escape, limit: limit)
        }
        var model = self
        for (place, index) in (order ?? []).enumerated() {
            model.values[place] = values[rising[index]]
            model.frequencies[place] = frequencies[rising[index]]
        }
        return model
    }

    private static let row = 16

    /// Goes from the last slot to the first and takes the rarest symbol that is left and fits, again and again; `nil` if
    /// that does not keep to `limit` symbols that begin in a row, one at its start not counted.
    ///
    /// - Parameters:
    ///   - shares: the slots of each symbol, rising.
    ///   - last: the slots that are behind them all, the escape's.
    private static func order(of shares: [Int], before last: Int, limit: Int) -> [Int]? {
        var order = [Int](repeating: 0, count: shares.count)
        var (left, taken) = (UInt32(truncatingIfNeeded: UInt64(1) << shares.count - 1), last)
        var begun = taken % row > 0 ? 1 : 0
        for place in order.indices.reversed() {
            let least = begun < limit ? 0 : row - taken % row
            var next = left.trailingZeroBitCount
            while next < shares.count, shares[next] < least || left >> next & 1 == 0 { next += 1 }
            guard next < shares.count else { return nil }
            left &= ~(1 << next)
            let end = taken + shares[next]
            if end / row > taken / row { begun = 0 }
            if end % row > 0 { begun += 1 }
            order[place] = next
            taken = end
        }
        return order
    }

    /// A model that was read; `nil` unless it is one.
    init?(values: [UInt8], frequencies: [UInt8]) {
        guard frequencies.count == values.count || frequencies.count == values.count + 1,
            2...FastModel.largestAlphabet ~= frequencies.count, !frequencies.contains(0),
            frequencies.reduce(0, { $0 + Int($1) }) == 256
        else { return nil }
        (self.values, self.frequencies) = (values, frequencies)
    }

    /// Shares of 256 for two or more counts, at least 1 each: rounded down, then one at a time where it gains
    /// most or loses least.
    private static func frequencies(of counts: [UInt64], total: UInt64) -> [UInt8] {
        let logarithm = FixedPointLogarithm.table
        var shares = counts.map { max(1, min(255, Int($0 * 256 / total))) }
        var sum = shares.reduce(0, +)
        while sum < 256 {
            var best = 0
            var bestGain: UInt64 = 0
            for index in counts.indices where shares[index] < 255 {
                let gain = counts[index] * (logarithm[shares[index] + 1] - logarithm[shares[index]])
                if gain > bestGain || shares[best] == 255 { (best, bestGain) = (index, gain) }
            }
            shares[best] += 1
            sum += 1
        }
        while sum > 256 {
            var best: (index: Int, loss: UInt64)?
            for index in counts.indices where shares[index] > 1 {
                let loss = counts[index] * (logarithm[shares[index]] - logarithm[shares[index] - 1])
                if loss < best?.loss ?? .max { best = (index, loss) }
            }
            guard let best else { break }
            shares[best.index] -= 1
            sum -= 1
        }
        return shares.map { UInt8($0) }
    }

    /// The bits that the counted values take under this model, escapes included, times 2¹⁶.
    func cost(of counts: [UInt32]) -> UInt64 {
        let logarithm = FixedPointLogarithm.table
        var rest = counts.reduce(UInt64(0)) { $0 + UInt64($1) }
        var cost: UInt64 = 0
        for (value, frequency) in zip(values, frequencies) {
            let count = UInt64(counts[Int(value)])
            cost += count * (logarithm[256] - logarithm[Int(frequency)])
            rest -= count
        }
        if hasEscape, let frequency = frequencies.last {
            cost += rest * (logarithm[256] - logarithm[Int(frequency)] + 8 << 16)
        }
        return cost
    }

    /// The model as the kernels take it.
    var kernel: bantam_rans_model {
        var model = bantam_rans_model()
        model.symbol_count = UInt32(frequencies.count)
        model.has_escape = hasEscape ? 1 : 0
        withUnsafeMutableBytes(of: &model.values) { $0.copyBytes(from: values) }
        withUnsafeMutableBytes(of: &model.frequencies) { $0.copyBytes(from: frequencies) }
        return model
    }
}
