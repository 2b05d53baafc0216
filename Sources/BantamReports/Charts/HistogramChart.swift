// What a pass did to the values of a tensor.

import BantamEvaluator

/// Two histograms in the same bins: before as an area, after as an outline.
struct HistogramChart {
    var before, after: [Int]
    var range: ClosedRange<Double>

    /// `nil` where there is nothing to draw.
    init?(_ histogram: PairedHistogram, bins limit: Int = 128) {
        let count = min(histogram.before.count, histogram.after.count)
        guard count > 0, histogram.range.lowerBound.isFinite, histogram.range.upperBound.isFinite,
            histogram.range.lowerBound < histogram.range.upperBound,
            (histogram.range.upperBound - histogram.range.lowerBound).isFinite
        else { return nil }
        let merged = (count + limit - 1) / limit
        func merge(_ counts: [Int]) -> [Int] {
            stride(from: 0, to: count, by: merged).map { start in
                counts[start..<min(start + merged, count)].reduce(0, +)
            }
        }
        before = merge(histogram.before)
        after = merge(histogram.after)
        range = histogram.range
        // The last bin may hold fewer; the range grows so that all bins stay equally wide.
        let width = (range.upperBound - range.lowerBound) / Double(count) * Double(merged)
        if merged > 1 { range = range.lowerBound...range.lowerBound + width * Double(before.count) }
    }

    /// Whether one bin stands so far above the rest that only a logarithmic axis shows the others.
    var isLogarithmic: Bool { Double(after.max() ?? 0) > 6 * Double(max(before.max() ?? 0, 1)) }

    func draw(label: String) -> String {
        let (width, height) = (480.0, 250.0)
        var svg = SVG(width: width, height: height)
        let highest = Double(max(before.max() ?? 0, after.max() ?? 0, 1))
        let plot = Plot(
            x: Scale(.linear, range, from: 58, to: width - 10),
            y: isLogarithmic
                ? Scale(.logarithmic, 0.7...highest * 1.3, from: height - 46, to: 30)
                : Scale(.linear, 0...highest * 1.05, from: height - 46, to: 30))
        plot.drawAxes(
            in: &svg, xTitle: "value of the weight",
            yTitle: isLogarithmic ? "elements per bin (logarithmic)" : "elements per bin",
            xTicks: Plot.labels(plot.x.ticks(6)),
            yTicks: plot.y.ticks(5).map { ($0, tickLabel($0)) })
        svg.path(outline(before, plot), closed: true, "area-before")
        svg.path(outline(after, plot), "line-after")
        svg.rectangle(width - 132, 4, 12, 10, "bar-before")
        svg.text(width - 116, 13, "before", "tick")
        svg.line(width - 62, 9, width - 46, 9, "line-after")
        svg.text(width - 40, 13, "after", "tick")
        return svg.element(label: label)
    }

    private func tickLabel(_ value: Double) -> String {
        value >= 1e6
            ? Format.fixed(value / 1e6, value < 1e7 ? 1 : 0) + " M"
            : value >= 1e4 ? Format.fixed(value / 1e3, 0) + " k" : Format.fixed(value, 0)
    }

    /// Steps along the tops of the bins, from the base line and back to it.
    private func outline(_ counts: [Int], _ plot: Plot) -> [(Double, Double)] {
        let width = (range.upperBound - range.lowerBound) / Double(counts.count)
        var points = [(plot.left, plot.bottom)]
        for (index, count) in counts.enumerated() {
            let level = count == 0 ? plot.bottom : plot.y(Double(count))
            points.append((plot.x(range.lowerBound + width * Double(index)), level))
            points.append((plot.x(range.lowerBound + width * Double(index + 1)), level))
        }
        points.append((plot.right, plot.bottom))
        return points
    }
}
