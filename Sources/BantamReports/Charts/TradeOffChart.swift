// The picture the whole comparison turns on: how small against how good.

import Foundation

/// Size against quality, one point a recipe.
struct TradeOffChart {
    struct Point {
        var name: String
        var bytes: Double
        /// A fraction (accuracy) or dB (SQNR); +∞ is drawn on the lossless line.
        var quality: Double
        /// What the quality may be by chance.
        var interval: ClosedRange<Double>?
        var isOnFront: Bool
        var label: String
        var tooltip: String
    }

    var points: [Point]
    /// The original file; by SQNR it is lossless.
    var original: Point?
    var qualityTitle: String
    /// How the ticks of the quality axis read.
    var isPercent: Bool

    func draw(width: Double, height: Double, label: String) -> String {
        var svg = SVG(width: width, height: height)
        let finite = points.filter { $0.quality.isFinite }
        let hasLossless = (points + (original.map { [$0] } ?? [])).contains { $0.quality == .infinity }
        let unit = isPercent ? 100.0 : 1

        var values = finite.map(\.quality)
        values += finite.compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] }
        if let original, original.quality.isFinite { values.append(original.quality) }
        values = values.map { $0 * unit }
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        if high - low < (isPercent ? 1 : 10) {
            let middle = (low + high) / 2
            (low, high) = (middle - (isPercent ? 0.5 : 5), middle + (isPercent ? 0.5 : 5))
        }
        var domain = Ticks.rounded(low...high, count: 5)
        if isPercent, domain.upperBound > 100 { domain = domain.lowerBound...100 }

        let sizes = (points.map(\.bytes) + (original.map { [$0.bytes] } ?? [])).map { max($0, 1) }
        let (smallest, largest) = (sizes.min() ?? 1, sizes.max() ?? 1)
        let isLogarithmic = largest > 8 * smallest
        let sizeDomain = isLogarithmic ? smallest / 1.35...largest * 1.35 : 0...largest * 1.08
        let top = hasLossless ? 62.0 : 30
        let plot = Plot(
            x: Scale(isLogarithmic ? .logarithmic : .linear, sizeDomain, from: 62, to: width - 14),
            y: Scale(.linear, domain, from: height - 46, to: top))
        let y = { (quality: Double) in quality == .infinity ? 40 : plot.y(quality * unit) }
        plot.drawAxes(
            in: &svg, xTitle: "size on disk\(isLogarithmic ? " (logarithmic)" : "")", yTitle: qualityTitle,
            xTicks: Plot.byteLabels(plot.x.ticks(width > 500 ? 8 : 5)),
            yTicks: Plot.labels(plot.y.ticks(5), isPercent ? " %" : " dB"))
        if hasLossless {
            svg.line(plot.left, 40, plot.right, 40, "lossless")
            svg.text(plot.left - 7, 44, "lossless", "tick", anchor: .end)
        }
        let stairs = front(x: plot.x, y: y)
        svg.path(stairs, "front")
        var marks = zip(stairs, stairs.dropFirst()).map { from, to in
            Box(
                x: min(from.0, to.0) - 1, y: min(from.1, to.1) - 1, width: abs(from.0 - to.0) + 2,
                height: abs(from.1 - to.1) + 2)
        }
        marks.append(Box(x: 0, y: 0, width: 90, height: 18))  // the title of the axis
        if hasLossless { marks.append(Box(x: plot.left, y: 39, width: plot.right - plot.left, height: 2)) }
        if let original {
            let level = y(original.quality)
            if original.quality.isFinite { svg.line(plot.left, level, plot.right, level, "reference") }
            svg.rectangle(
                plot.x(original.bytes) - 5, level - 5, 10, 10, "original", title: original.tooltip)
            marks.append(Box(x: plot.x(original.bytes) - 7, y: level - 7, width: 14, height: 14))
        }
        for point in points where point.quality.isFinite || point.quality == .infinity {
            let (x, level) = (plot.x(max(point.bytes, 1)), y(point.quality))
            if let interval = point.interval {
                let (a, b) = (y(interval.lowerBound), y(interval.upperBound))
                svg.line(x, a, x, b, "whisker")
                svg.line(x - 4, a, x + 4, a, "whisker")
                svg.line(x - 4, b, x + 4, b, "whisker")
                marks.append(Box(x: x - 4, y: b, width: 8, height: a - b))
            }
            if point.isOnFront {
                svg.circle(x, level, 6.5, "on-front", title: point.tooltip)
            } else {
                svg.diamond(x, level, 7, "off-front", title: point.tooltip)
            }
            marks.append(Box(x: x - 8, y: level - 8, width: 16, height: 16))
        }
        drawLabels(in: &svg, plot: plot, y: y, marks: marks)
        return svg.element(label: label)
    }

    /// The front as stairs: what is the best quality at most this large.
    private func front(x: Scale, y: (Double) -> Double) -> [(Double, Double)] {
        let front = points.filter { $0.isOnFront && ($0.quality.isFinite || $0.quality == .infinity) }
            .sorted { $0.bytes < $1.bytes }
        var stairs: [(Double, Double)] = []
        for point in front {
            if let last = stairs.last { stairs.append((x(max(point.bytes, 1)), last.1)) }
            stairs.append((x(max(point.bytes, 1)), y(point.quality)))
        }
        return stairs
    }

    private func drawLabels(in svg: inout SVG, plot: Plot, y: (Double) -> Double, marks: [Box]) {
        let size = 13.0
        var placement = LabelPlacement(
            area: Box(x: plot.left, y: 2, width: plot.right - plot.left + 10, height: plot.bottom - 2),
            obstacles: marks)
        // The front first: its labels matter most, and the original's is on its axis label anyway.
        let ordered =
            points.filter(\.isOnFront) + (original.map { [$0] } ?? []) + points.filter { !$0.isOnFront }
        for point in ordered where point.quality.isFinite || point.quality == .infinity {
            let text = fitted(point.label, width: svg.width / 3.2, size: size)
            let at = (x: plot.x(max(point.bytes, 1)), y: y(point.quality))
            let width = textWidth(text, size: size)
            guard let placed = placement.place(width: width, height: size + 3, at: at) else { continue }
            svg.label(text, placed, of: at, size: size, isStrong: point.isOnFront)
        }
    }
}
