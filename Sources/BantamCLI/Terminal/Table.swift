/// A table for a terminal: columns as wide as they must be; where they do not fit, those that matter least are
/// left out, and then text is shortened.
struct Table {
    /// A column: its heading, and whether its cells are numbers.
    struct Column {
        var title: String
        var isNumeric: Bool
        /// The column with the highest figure is left out first; 0 stays.
        var dispensable: Int

        static func text(_ title: String, dispensable: Int = 0) -> Column {
            Column(title: title, isNumeric: false, dispensable: dispensable)
        }
        static func number(_ title: String, dispensable: Int = 0) -> Column {
            Column(title: title, isNumeric: true, dispensable: dispensable)
        }
    }

    var columns: [Column]
    var rows: [[String]] = []
    /// A last row, set apart.
    var total: [String]?

    init(_ columns: [Column]) { self.columns = columns }

    /// The lines of the table, none wider than `width` unless the numbers alone are.
    func lines(width: Int) -> [String] {
        let all = [columns.map(\.title)] + rows + (total.map { [$0] } ?? [])
        var widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        if tableWidth(widths) > width, let least = columns.indices.max(by: { lessDispensable($0, $1) }),
            columns[least].dispensable > 0
        {
            return without(column: least).lines(width: width)
        }
        // Text columns give way, the widest first, down to a width that still tells names apart.
        while tableWidth(widths) > width {
            let shrinkable = columns.indices.filter { !columns[$0].isNumeric && widths[$0] > 12 }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        var lines = [Terminal.bold(line(columns.map(\.title), widths))]
        lines += rows.map { line($0, widths) }
        if let total {
            lines.append(
                Terminal.dim(String(repeating: "─", count: tableWidth(widths))))
            lines.append(Terminal.bold(line(total, widths)))
        }
        return lines
    }

    private func tableWidth(_ widths: [Int]) -> Int { widths.reduce(0, +) + 2 * (widths.count - 1) }

    private func lessDispensable(_ a: Int, _ b: Int) -> Bool {
        columns[a].dispensable < columns[b].dispensable
    }

    private func without(column: Int) -> Table {
        func others(_ cells: [String]) -> [String] {
            cells.indices.filter { $0 != column }.map { cells[$0] }
        }
        var table = Table(columns.indices.filter { $0 != column }.map { columns[$0] })
        table.rows = rows.map(others)
        table.total = total.map(others)
        return table
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = zip(cells, columns).enumerated().map { index, cell in
            let shown = shortened(cell.0, widths[index])
            let padding = String(repeating: " ", count: widths[index] - shown.count)
            return cell.1.isNumeric ? padding + shown : shown + padding
        }.joined(separator: "  ")
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The text with its middle left out: names of weights differ at both ends.
    private func shortened(_ text: String, _ width: Int) -> String {
        guard text.count > width, width > 1 else { return text }
        let tail = (width - 1) / 2
        return text.prefix(width - 1 - tail) + "…" + text.suffix(tail)
    }
}
