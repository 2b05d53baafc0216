// Axes are read by their round numbers.

import Foundation

/// Round positions on an axis.
enum Ticks {
    /// The step of 1, 2 or 5 times a power of ten that cuts `span` into about `count` pieces, at least as
    /// large as `span / count`.
    static func step(span: Double, count: Int) -> Double {
        guard span.isFinite, span > 0, count > 0 else { return 1 }
        let raw = span / Double(count)
        let power = Int(log10(raw).rounded(.down))
        let factor = [1.0, 2, 5].first { round($0, power) >= raw * (1 - 1e-6) }
        return factor.map { round($0, power) } ?? round(1, power + 1)
    }

    /// `factor` · 10^`power`. Dividing by a power of ten keeps 0.2 what a person types as 0.2.
    private static func round(_ factor: Double, _ power: Int) -> Double {
        power < 0 ? factor / pow(10, Double(-power)) : factor * pow(10, Double(power))
    }

    /// All multiples of a round step within `range`; the step is finer if that leaves none.
    static func linear(_ range: ClosedRange<Double>, count: Int) -> [Double] {
        let step = step(span: range.upperBound - range.lowerBound, count: count)
        let first = (range.lowerBound / step - 1e-9).rounded(.up)
        let last = (range.upperBound / step + 1e-9).rounded(.down)
        if last < first, count < 16 { return linear(range, count: 2 * count) }
        guard first.magnitude < 1e15, last.magnitude < 1e15, last >= first, last - first < 1000 else {
            return [range.lowerBound, range.upperBound]
        }
        let whole = 1 / step
        return stride(from: first, through: last, by: 1).map {
            step < 1 ? $0 / whole.rounded() : $0 * step
        }
    }

    /// 1, 2 and 5 times the powers of ten within `range`, thinned out to the powers of ten, and those to
    /// every second, third, … until at most `count` are left.
    static func logarithmic(_ range: ClosedRange<Double>, count: Int) -> [Double] {
        guard range.lowerBound > 0, range.upperBound.isFinite else { return [] }
        let low = Int(log10(range.lowerBound).rounded(.down))
        let high = Int(log10(range.upperBound).rounded(.up))
        let inside = range.lowerBound * (1 - 1e-9)...range.upperBound * (1 + 1e-9)
        func within(_ factors: [Double], _ stride: Int) -> [Double] {
            let powers = Swift.stride(from: low, through: high, by: stride)
            return powers.flatMap { power in factors.map { round($0, power) } }.filter(inside.contains)
        }
        for factors in [[1.0, 2, 5], [1, 3], [1]] {
            let ticks = within(factors, 1)
            if ticks.count <= count { return ticks }
        }
        var stride = 2
        while within([1], stride).count > max(count, 1) && stride < 700 { stride += 1 }
        return within([1], stride)
    }

    /// `range` widened to the multiples of its round step.
    static func rounded(_ range: ClosedRange<Double>, count: Int) -> ClosedRange<Double> {
        let step = step(span: range.upperBound - range.lowerBound, count: count)
        let low = (range.lowerBound / step + 1e-9).rounded(.down) * step
        let high = (range.upperBound / step - 1e-9).rounded(.up) * step
        return low.isFinite && high.isFinite && low < high ? low...high : range
    }

    /// Decimals that tell multiples of `step` apart.
    static func decimals(step: Double) -> Int {
        guard step > 0, step.isFinite else { return 0 }
        return min(12, max(0, -Int((log10(step) + 1e-9).rounded(.down))))
    }
}
