// From a figure to a place on the page.

import Foundation

/// A linear or logarithmic map from values to positions.
struct Scale {
    enum Kind { case linear, logarithmic }

    var kind: Kind
    var domain: ClosedRange<Double>
    /// The positions of the domain's ends; the first may be the larger one.
    var start, end: Double

    init(_ kind: Kind = .linear, _ domain: ClosedRange<Double>, from start: Double, to end: Double) {
        self.kind = kind
        self.domain = domain
        self.start = start
        self.end = end
    }

    /// The position of `value`; what lies outside the domain is put at its edge.
    func callAsFunction(_ value: Double) -> Double {
        guard !value.isNaN else { return start }
        let clamped = min(max(value, domain.lowerBound), domain.upperBound)
        func along(_ x: Double) -> Double { kind == .linear ? x : log(x) }
        let low = along(domain.lowerBound)
        let span = along(domain.upperBound) - low
        guard span > 0, span.isFinite else { return (start + end) / 2 }
        return start + (along(clamped) - low) / span * (end - start)
    }

    /// Round values inside the domain.
    func ticks(_ count: Int) -> [Double] {
        kind == .linear ? Ticks.linear(domain, count: count) : Ticks.logarithmic(domain, count: count)
    }
}
