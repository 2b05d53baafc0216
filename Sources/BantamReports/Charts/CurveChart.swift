// Two pictures of one thing: what a bit buys, in dB and in accuracy.

/// Bits per weight against a quality: a curve of one scheme at several rates, single points of others, and a bound.
struct CurveChart {
    struct Point {
        var bits: Double
        /// dB, or per cent; what lies below the axis is drawn on its edge.
        var quality: Double
        /// What the quality may be by chance.
        var interval: ClosedRange<Double>?
        /// Empty: without a label.
        var label = ""
        var tooltip: String
    }

    /// The points of the curve, from few bits to many.
    var curve: [Point]
    /// What else there is.
    var others: [Point]
    /// The best quality for so many bits; `nil` if none is known.
    var bound: ((Double) -> Double)?
    /// The quality of the original, if it has one.
    var original: Double?
    var qualityTitle: String
    var unit: String
    /// The qualities to show.
    var domain: ClosedRange<Double>

    private var finite: [Point] { (curve + others).filter { $0.quality.isFinite && $0.bits.isFinite } }

    func draw(width: Double, height: Double, label: String) -> String {
        var svg = SVG(width: width, height: height)
        let (least, most) = (finite.map(\.bits).min() ?? 0, finite.map(\.bits).max() ?? 1)
        // From zero, unless that were mostly empty.
        let first = least > 0.4 * most ? max(0, least - 0.15 * (most - least)) : 0
        let plot = Plot(
            x: Scale(
                .linear, first...max(most + 0.06 * (most - first), first + 0.01), from: 62, to: width - 14),
            y: Scale(.linear, domain, from: height - 46, to: 30))
        plot.drawAxes(
            in: &svg, xTitle: "bits per weight", yTitle: qualityTitle,
            xTicks: Plot.labels(plot.x.ticks(width > 500 ? 10 : 6)),
            yTicks: Plot.labels(plot.y.ticks(6), unit))
        var marks = [Box(x: 0, y: 0, width: 90, height: 18)]  // the title of the axis
        if let original {
            let level = plot.y(original)
            svg.line(plot.left, level, plot.right, level, "reference")
            svg.text(plot.left + 4, level - 5, "original", "tick")
            marks.append(Box(x: plot.left, y: level - 18, width: 60, height: 20))
        }
        if let bound { drawBound(bound, in: &svg, plot) }
        marks += drawCurve(in: &svg, plot)
        for point in others where point.quality.isFinite && point.bits.isFinite {
            let (x, y) = (plot.x(point.bits), plot.y(point.quality))
            marks += drawWhisker(of: point, in: &svg, plot)
            if point.quality < domain.lowerBound {
                svg.path(
                    [(x - 6, y - 9), (x + 6, y - 9), (x, y)], closed: true, "off-front", title: point.tooltip)
            } else {
                svg.diamond(x, y, 6, "off-front", title: point.tooltip)
            }
            marks.append(Box(x: x - 7, y: y - 9, width: 14, height: 16))
        }
        drawLabels(in: &svg, plot, marks)
        return svg.element(label: label)
    }

    private func drawBound(_ bound: (Double) -> Double, in svg: inout SVG, _ plot: Plot) {
        let range = plot.x.domain
        let place = { (step: Int) in
            range.lowerBound + (range.upperBound - range.lowerBound) * Double(step) / 100
        }
        var points: [(Double, Double)] = []
        for step in 0...100 {
            let bits = place(step)
            let quality = bound(bits)
            guard quality.isFinite, quality >= domain.lowerBound else { continue }
            guard quality <= domain.upperBound else {
                // The last piece ends on the edge, so that the line does not turn there.
                if let last = points.last {
                    let before = bound(place(step - 1))
                    let part = (domain.upperBound - before) / (quality - before)
                    points.append((last.0 + part * (plot.x(bits) - last.0), plot.top))
                }
                break
            }
            points.append((plot.x(bits), plot.y(quality)))
        }
        svg.path(points, "bound")
    }

    /// The curve with its band and points; what labels must not cover of it.
    private func drawCurve(in svg: inout SVG, _ plot: Plot) -> [Box] {
        let points = curve.filter { $0.quality.isFinite && $0.bits.isFinite }.sorted { $0.bits < $1.bits }
        let places = points.map { (plot.x($0.bits), plot.y($0.quality)) }
        let banded = points.filter { $0.interval != nil }
        let upper = banded.map { (plot.x($0.bits), plot.y($0.interval!.upperBound)) }
        let lower = banded.map { (plot.x($0.bits), plot.y($0.interval!.lowerBound)) }
        svg.path(upper + lower.reversed(), closed: true, "band")
        svg.path(places, "curve")
        var marks: [Box] = []
        for (from, to) in zip(places, places.dropFirst()) {
            for part in stride(from: 0.0, to: 1, by: 0.1) {
                let (x, y) = (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1))
                marks.append(Box(x: x - 2, y: y - 2, width: 4, height: 4))
            }
        }
        for (point, (x, y)) in zip(points, places) {
            if point.quality < domain.lowerBound {
                svg.path(
                    [(x - 6, y - 9), (x + 6, y - 9), (x, y)], closed: true, "curve-point",
                    title: point.tooltip)
            } else {
                svg.circle(x, y, 5, "curve-point", title: point.tooltip)
            }
            marks.append(Box(x: x - 6, y: y - 8, width: 12, height: 14))
        }
        return marks
    }

    private func drawWhisker(of point: Point, in svg: inout SVG, _ plot: Plot) -> [Box] {
        guard let interval = point.interval, interval.upperBound > domain.lowerBound else { return [] }
        let (x, a, b) = (plot.x(point.bits), plot.y(interval.lowerBound), plot.y(interval.upperBound))
        svg.line(x, a, x, b, "whisker")
        return [Box(x: x - 2, y: b, width: 4, height: a - b)]
    }

    private func drawLabels(in svg: inout SVG, _ plot: Plot, _ marks: [Box]) {
        let size = 13.0
        var placement = LabelPlacement(
            area: Box(x: plot.left, y: 2, width: plot.right - plot.left + 10, height: plot.bottom - 4),
            obstacles: marks)
        for point in others where !point.label.isEmpty && point.quality.isFinite && point.bits.isFinite {
            let at = (
                x: plot.x(point.bits), y: plot.y(point.quality) - (point.quality < domain.lowerBound ? 5 : 0)
            )
            let width = textWidth(point.label, size: size)
            guard let placed = placement.place(width: width, height: size + 3, at: at) else { continue }
            svg.label(point.label, placed, of: at, size: size)
        }
    }
}
