// Where the bytes are, and where they were saved.

/// Bytes before and after as pairs of horizontal bars, each row under its own name.
struct BytesChart {
    struct Row {
        var name: String
        var before, after: Double

        var figures: String {
            "\(Format.bytes(before)) → \(Format.bytes(after))"
                + (after > 0 ? " · \(Format.ratio(before / after))" : "")
        }
    }

    var rows: [Row]
    /// What all other tensors hold together; without bars where they would dwarf those of the rows.
    var rest: Row?

    private var largestRow: Double { rows.map { max($0.before, $0.after) }.max() ?? 0 }
    var restHasBars: Bool { rest.map { max($0.before, $0.after) <= 2 * largestRow } ?? true }

    func draw(label: String) -> String {
        let (width, rowHeight, top) = (480.0, 38.0, 26.0)
        var svg = SVG(width: width, height: top + rowHeight * Double(rows.count + (rest == nil ? 0 : 1)) + 4)
        let shown = rows + (rest.map { [$0] } ?? [])
        let largest = restHasBars ? shown.map { max($0.before, $0.after) }.max() ?? 0 : largestRow
        let scale = Scale(.linear, 0...max(largest, 1), from: 0, to: width)
        // What is not nothing is seen.
        let length = { (bytes: Double) in bytes > 0 ? max(scale(bytes), 1.5) : 0 }
        svg.rectangle(0, 4, 12, 9, "bar-before")
        svg.text(18, 13, "before", "tick")
        svg.rectangle(76, 4, 12, 9, "bar-after")
        svg.text(94, 13, "after", "tick")
        for (index, row) in shown.enumerated() {
            let y = top + rowHeight * Double(index)
            let room = width - textWidth(row.figures, size: largestTextSize) - 14
            svg.text(
                0, y + 11, fitted(row.name, width: room, size: largestTextSize), "label", title: row.name)
            svg.text(width, y + 11, row.figures, "figure", anchor: .end)
            if index == rows.count, !restHasBars { continue }
            svg.rectangle(0, y + 16, length(row.before), 6, "bar-before")
            svg.rectangle(0, y + 23, length(row.after), 6, row.after > row.before ? "bar-worse" : "bar-after")
        }
        return svg.element(label: label)
    }
}
