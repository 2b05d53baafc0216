// How fast the singular values fall says whether low rank suits a tensor.

import BantamEvaluator

/// Singular values on a logarithmic axis, with the rank that was kept.
struct SpectrumChart {
    var values: [Double]
    var rank: Int
    /// Σ of kept σ² / Σσ².
    var energy: Double

    /// `nil` where there is nothing to draw.
    init?(_ spectrum: Spectrum) {
        guard let largest = spectrum.singularValues.first, largest > 0,
            spectrum.singularValues.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { return nil }
        values = spectrum.singularValues.map { $0 / largest }
        rank = min(max(spectrum.rank, 0), values.count)
        let squares = values.map { $0 * $0 }
        energy = squares.prefix(rank).reduce(0, +) / squares.reduce(0, +)
    }

    func draw(label: String) -> String {
        let (width, height) = (480.0, 250.0)
        var svg = SVG(width: width, height: height)
        let lowest = max(values.filter { $0 > 0 }.min() ?? 1, 1e-9)
        let plot = Plot(
            x: Scale(.linear, 0...Double(max(values.count, 2)), from: 58, to: width - 10),
            y: Scale(.logarithmic, min(lowest / 1.3, 0.3)...1.3, from: height - 46, to: 30))
        plot.drawAxes(
            in: &svg, xTitle: "singular values, largest first", yTitle: "σ / largest σ (logarithmic)",
            xTicks: Plot.labels(plot.x.ticks(6)),
            yTicks: plot.y.ticks(6).map { ($0, Plot.short($0)) })
        let cut = plot.x(Double(rank))
        svg.rectangle(plot.left, plot.top, cut - plot.left, plot.bottom - plot.top, "kept")
        let step = max(1, values.count / 300)
        var shown = Array(stride(from: 0, to: values.count, by: step))
        if shown.last != values.count - 1 { shown.append(values.count - 1) }
        svg.path(shown.map { (plot.x(Double($0) + 0.5), plot.y(max(values[$0], lowest))) }, "line-before")
        svg.line(cut, plot.top - 2, cut, plot.bottom, "cut")
        let text =
            "rank \(Format.count(rank)) of \(Format.count(values.count)), \(Format.percent(energy)) energy"
        let isLeft = cut + textWidth(text, size: 12) + 8 > plot.right
        svg.text(
            isLeft ? max(cut - 6, plot.left + textWidth(text, size: 12)) : cut + 6, plot.top + 12, text,
            "label halo", anchor: isLeft ? .end : .start)
        return svg.element(label: label)
    }
}
