// One figure for each of several named things, or the same figure before and after.

/// Rows of dots along one axis, each row under its own name.
struct DotChart {
    struct Row {
        var name: String
        /// Where a second, hollow dot stands; `nil` for none.
        var before: Double?
        /// +∞ is drawn on the line at the right; what is no number is not drawn.
        var value: Double
        var figures: String
        var isWorse = false
    }

    var rows: [Row]
    var domain: ClosedRange<Double>
    var unit: String
    /// What the dots are, if there are two kinds.
    var legend: (before: String, after: String)?

    func draw(label: String) -> String {
        let (width, rowHeight) = (480.0, 38.0)
        let top = legend == nil ? 26.0 : 48
        let bottom = top + rowHeight * Double(rows.count)
        var svg = SVG(width: width, height: bottom + 8)
        let hasLossless = rows.contains { $0.value == .infinity }
        let scale = Scale(.linear, domain, from: 8, to: hasLossless ? width - 92 : width - 20)
        if let legend {
            svg.circle(6, 9, 4.5, "dot-before")
            svg.text(16, 13, legend.before, "tick")
            let x = 36 + textWidth(legend.before, size: 12)
            svg.circle(x, 9, 4.5, "dot-after")
            svg.text(x + 10, 13, legend.after, "tick")
        }
        let ticks = Plot.labels(scale.ticks(6), unit)
        for (value, text) in ticks {
            svg.text(
                scale(value), top - 9, text, "tick",
                anchor: scale(value) < 24 ? .start : scale(value) > width - 28 ? .end : .middle)
        }
        if hasLossless {
            svg.text(width, top - 9, "lossless", "tick", anchor: .end)
        }
        for (index, row) in rows.enumerated() {
            let y = top + rowHeight * Double(index)
            // Grid lines only beside the dots, so that they do not run through the words.
            for (value, _) in ticks { svg.line(scale(value), y + 17, scale(value), y + 29, "grid") }
            if hasLossless { svg.line(width - 24, y + 16, width - 24, y + 30, "lossless") }
            let x = row.value == .infinity ? width - 24 : scale(row.value)
            let room = width - textWidth(row.figures, size: largestTextSize) - 14
            svg.text(
                0, y + 11, fitted(row.name, width: room, size: largestTextSize), "label", title: row.name)
            svg.text(width, y + 11, row.figures, "figure", anchor: .end)
            guard !row.value.isNaN else { continue }
            if let before = row.before {
                svg.line(scale(before), y + 23, x, y + 23, row.isWorse ? "change worse" : "change")
                svg.circle(scale(before), y + 23, 4.5, "dot-before")
            } else {
                svg.line(scale.start, y + 23, x, y + 23, "stem")
            }
            svg.circle(x, y + 23, 4.5, row.isWorse ? "dot-worse" : "dot-after")
        }
        return svg.element(label: label)
    }
}
