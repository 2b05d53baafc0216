// The frame that charts with two axes share: grid, round ticks, units.

/// A plot area with its two scales.
struct Plot {
    var x, y: Scale
    var left: Double { x.start }
    var right: Double { x.end }
    var top: Double { y.end }
    var bottom: Double { y.start }

    /// Grid lines and tick labels of both axes, and what they measure.
    func drawAxes(
        in svg: inout SVG, xTitle: String, yTitle: String, xTicks: [(Double, String)],
        yTicks: [(Double, String)]
    ) {
        for (value, label) in yTicks {
            svg.line(left, y(value), right, y(value), "grid")
            svg.text(left - 7, y(value) + 4, label, "tick", anchor: .end)
        }
        for (value, label) in xTicks {
            svg.line(x(value), bottom, x(value), bottom + 4, "axis")
            svg.text(x(value), bottom + 18, label, "tick", anchor: .middle)
        }
        svg.line(left, bottom, right, bottom, "axis")
        svg.text(right, bottom + 36, xTitle, "axis-title", anchor: .end)
        svg.text(left - 7, 14, yTitle, "axis-title", anchor: left < 60 ? .start : .middle)
    }

    /// Labels of values with just the decimals their step needs.
    static func labels(_ values: [Double], _ unit: String = "") -> [(Double, String)] {
        let gaps = zip(values.dropFirst(), values).map { $0.0 - $0.1 }
        let decimals = Ticks.decimals(step: gaps.min() ?? values.first?.magnitude ?? 1)
        return values.map { value in
            let isLarge = value.magnitude >= 1e6 || (value != 0 && decimals > 4)
            return (value, (isLarge ? Format.number(value) : Format.fixed(value, decimals)) + unit)
        }
    }

    /// Labels of sizes, all in the unit that suits the largest.
    static func byteLabels(_ values: [Double]) -> [(Double, String)] {
        let units = [("B", 1.0), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)]
        let isNarrow = (values.last ?? 0) < 1000 * max(values.first(where: { $0 > 0 }) ?? 1, 1)
        return values.map { value in
            let scale = isNarrow ? values.last ?? value : value
            let unit = units.last { scale >= $0.1 } ?? units[0]
            let figure = value / unit.1
            return (value, value == 0 ? "0" : "\(short(figure)) \(unit.0)")
        }
    }

    /// A round figure without trailing zeros: `0.5`, `200`, `1e-6`.
    static func short(_ value: Double) -> String {
        let parts = Format.number(value).split(separator: "e")
        guard var digits = parts.first, digits.contains(".") else { return Format.number(value) }
        while digits.hasSuffix("0") { digits = digits.dropLast() }
        if digits.hasSuffix(".") { digits = digits.dropLast() }
        return parts.count > 1 ? "\(digits)e\(parts[1])" : String(digits)
    }
}
