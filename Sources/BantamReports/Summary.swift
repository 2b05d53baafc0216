// The comparison as plain rows and columns, for a terminal.

import BantamEvaluator

/// The figures of one recipe that a summary shows.
public struct SummaryRow: Sendable, Equatable {
    /// The recipe's name.
    public var name: String
    /// Bytes on disk.
    public var byteCount: Int
    /// Original bytes over compressed bytes.
    public var ratio: Double
    /// 8 × stored bytes over original elements.
    public var bitsPerWeight: Double
    /// The accuracy as a fraction; `nil` where it was not measured.
    public var accuracy: Double?
    /// The change in accuracy as a fraction; `nil` where it was not measured.
    public var accuracyChange: Double?
    /// The 95 % confidence interval of the change, as fractions.
    public var accuracyInterval: ClosedRange<Double>?
    /// The SQNR over all tensors in dB; infinite where nothing was lost.
    public var sqnr: Double
    /// Whether no other recipe is both as small and as good.
    public var isOnParetoFront: Bool
}

/// A table of text cells that fits a terminal.
public struct SummaryTable: Sendable, Equatable, CustomStringConvertible {
    /// The titles of the columns.
    public var header: [String]
    /// A cell per column.
    public var rows: [[String]]
    /// Whether a column's cells are figures, to be set flush right.
    public var isNumeric: [Bool]

    /// How many columns a terminal needs for `text`; wide characters take two.
    public static func width(of text: String) -> Int {
        text.reduce(0) { width, character in
            let first = character.unicodeScalars.first?.value ?? 0
            let isWide =
                (0x1100...0x115f).contains(first) || (0x2e80...0xa4cf).contains(first)
                || (0xac00...0xd7a3).contains(first) || (0xf900...0xfaff).contains(first)
                || (0xff00...0xff60).contains(first) || (0x1f300...0x1faff).contains(first)
            return width + (isWide ? 2 : 1)
        }
    }

    /// The width of each column.
    var columnWidths: [Int] {
        header.indices.map { column in
            ([header] + rows).map { Self.width(of: $0[column]) }.max() ?? 0
        }
    }

    /// The columns of all lines, with two blanks between columns.
    public var width: Int { columnWidths.reduce(0, +) + 2 * max(0, header.count - 1) }

    /// Header and rows as lines of equal columns.
    public var description: String {
        let widths = columnWidths
        return ([header] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - Self.width(of: cell))
                if column > 0 { line += "  " }
                line += isNumeric[column] ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        .joined(separator: "\n")
    }
}

extension Report {
    /// One row a recipe, in the order of the comparison.
    public var summary: [SummaryRow] {
        let front = Set(comparison.front)
        return comparison.candidates.enumerated().map { position, candidate in
            let evaluation = candidate.evaluation
            return SummaryRow(
                name: candidate.name, byteCount: evaluation.compressed.byteCount, ratio: evaluation.ratio,
                bitsPerWeight: evaluation.bitsPerWeight, accuracy: evaluation.compressed.metrics?.accuracy,
                accuracyChange: evaluation.predictions?.accuracyChange
                    ?? evaluation.accuracies.map { $0.after - $0.before },
                accuracyInterval: evaluation.predictions?.interval, sqnr: evaluation.totals.sqnr,
                isOnParetoFront: front.contains(position))
        }
    }

    /// The summary as text for a terminal `width` columns wide: columns that matter least are left out
    /// until it fits, then names are shortened, down to eight characters.
    public func summaryTable(width: Int) -> SummaryTable {
        struct Column {
            var title: String
            /// The column with the highest figure goes first; 0 stays.
            var dispensable: Int
            var cell: (SummaryRow) -> String
        }
        let samples = comparison.candidates.first?.evaluation.accuracies?.samples ?? 0
        let decimals = Format.percentDecimals(samples: samples)
        let hasAccuracy = comparison.candidates.contains { $0.evaluation.accuracies != nil }
        var columns = [
            Column(title: "recipe", dispensable: 0) { printable($0.name) },
            Column(title: "size", dispensable: 1) { Format.bytes($0.byteCount) },
            Column(title: "ratio", dispensable: 0) { Format.ratio($0.ratio) },
            Column(title: "bits/weight", dispensable: 6) { Format.bitsPerWeight($0.bitsPerWeight) },
        ]
        if hasAccuracy {
            columns += [
                Column(title: "accuracy", dispensable: 2) {
                    $0.accuracy.map { Format.percent($0, decimals: decimals) } ?? "–"
                },
                Column(title: "change (points)", dispensable: 0) {
                    $0.accuracyChange.map { Format.points($0, decimals: decimals) } ?? "–"
                },
                Column(title: "95 % interval", dispensable: 5) {
                    $0.accuracyInterval.map { Format.points($0, decimals: decimals) } ?? "–"
                },
            ]
        }
        columns.append(Column(title: "SQNR", dispensable: hasAccuracy ? 4 : 0) { Format.decibels($0.sqnr) })
        columns.append(Column(title: "Pareto", dispensable: 3) { $0.isOnParetoFront ? "●" : "" })

        let rows = summary
        func table() -> SummaryTable {
            SummaryTable(
                header: columns.map(\.title), rows: rows.map { row in columns.map { $0.cell(row) } },
                isNumeric: columns.indices.map { $0 > 0 })
        }
        var result = table()
        while result.width > width, let next = columns.map(\.dispensable).max(), next > 0 {
            columns.removeAll { $0.dispensable == next }
            result = table()
        }
        var limit = rows.map(\.name.count).max() ?? 0
        while result.width > width, limit > 8 {
            limit -= 1
            for row in result.rows.indices { result.rows[row][0] = shortened(rows[row].name, to: limit) }
        }
        return result
    }
}
