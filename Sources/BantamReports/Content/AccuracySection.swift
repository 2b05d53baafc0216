// Where accuracy was lost: class by class, and which class was taken for which.

import BantamEvaluator

/// What the predictions before and after say.
struct AccuracySection {
    var evaluation: Evaluation

    /// More classes than this are cut to those that changed most.
    static let classLimit = 20

    private var pair: (before: ClassificationMetrics, after: ClassificationMetrics)? {
        guard let before = evaluation.original.metrics, let after = evaluation.compressed.metrics else {
            return nil
        }
        return (before, after)
    }

    var blocks: [Block] {
        guard let (before, after) = pair, !before.classes.isEmpty,
            before.classes.count == after.classes.count
        else { return [] }
        var blocks: [Block] = [.heading(level: 3, "Where accuracy changed", id: "")]
        blocks.append(
            .columns([
                [.figures([recallFigure(before, after)])], confusionBlocks(before.confusion, after.confusion),
            ]))
        blocks.append(
            .details(
                summary: "Precision, recall and F1 of every class", open: false,
                [.table(classTable(before, after))]))
        return blocks
    }

    private func recallFigure(_ before: ClassificationMetrics, _ after: ClassificationMetrics) -> Figure {
        let order = before.classes.indices.sorted {
            let a = after.classes[$0].recall - before.classes[$0].recall
            let b = after.classes[$1].recall - before.classes[$1].recall
            return (a, $0) < (b, $1)
        }
        let isCut = order.count > Self.classLimit
        let shown = isCut ? Array(order.prefix(Self.classLimit)) : order.sorted()
        let rows = shown.map { index in
            let (a, b) = (before.classes[index].recall, after.classes[index].recall)
            let change = Int(((b - a) * Double(before.classes[index].support)).rounded(clampedTo: 1e15))
            return DotChart.Row(
                name: "class \(index)", before: 100 * a, value: 100 * b,
                figures:
                    """
                    \(Format.percent(a)) → \(Format.percent(b)) · \(Format.signed(change)) of \
                    \(Format.count(before.classes[index].support))
                    """,
                isWorse: b < a)
        }
        let lowest = rows.map { min($0.before ?? 100, $0.value) }.min() ?? 0
        let domain = Ticks.rounded(max(0, min(lowest, 95))...100, count: 5)
        let chart = DotChart(rows: rows, domain: domain, unit: " %", legend: ("before", "after"))
        return Figure(
            title: "Recall by class",
            caption: isCut
                ? "The \(Format.count(shown.count)) classes of \(Format.count(order.count)) that lost most."
                : "Correct predictions of a class over its samples.",
            legend: "Behind each: the change in samples.",
            drawing: .one(chart.draw(label: "Recall before and after, by class")),
            standIn: [.list(rows.map { "\($0.name): \($0.figures)" })])
    }

    private func classTable(_ before: ClassificationMetrics, _ after: ClassificationMetrics) -> Table {
        typealias Column = Table.Column
        return Table(
            caption: "Classes before → after",
            columns: [
                Column("Class", isNumeric: false), Column("Samples"), Column("Recall before"),
                Column("Recall after"), Column("Precision before"), Column("Precision after"),
                Column("F1 before"), Column("F1 after"),
            ],
            rows: before.classes.indices.prefix(1000).map { index in
                let (a, b) = (before.classes[index], after.classes[index])
                let figures = [a.recall, b.recall, a.precision, b.precision, a.f1, b.f1]
                return [
                    Table.Cell(Prose(String(index)), sortKey: Double(index)),
                    .figure(Double(a.support)) { Format.fixed($0, 0) },
                ] + figures.map { .figure($0) { Format.percent($0) } }
            },
            isSortable: true)
    }

    private func confusionBlocks(_ before: [[Int]], _ after: [[Int]]) -> [Block] {
        let count = before.count
        guard count == after.count, (before + after).allSatisfy({ $0.count == count }) else { return [] }
        var changes: [(label: Int, prediction: Int, change: Int)] = []
        for label in 0..<count {
            for prediction in 0..<count where before[label][prediction] != after[label][prediction] {
                let (change, overflow) = after[label][prediction].subtractingReportingOverflow(
                    before[label][prediction])
                if !overflow { changes.append((label, prediction, change)) }
            }
        }
        guard !changes.isEmpty else {
            return [.paragraph("The confusion matrix is the same before and after.", .note)]
        }
        let largest = changes.map { $0.change.magnitude }.max() ?? 1
        func cell(_ label: Int, _ prediction: Int, _ change: Int) -> Table.Cell {
            guard change != 0 else { return Table.Cell("·") }
            let isBetter = (label == prediction) == (change > 0)
            return Table.Cell(
                Prose(Format.signed(change)), sortKey: Double(change), tone: isBetter ? .good : .bad,
                strength: Double(change.magnitude) / Double(largest),
                hint:
                    """
                    label \(label) predicted as \(prediction): \(before[label][prediction]) → \
                    \(after[label][prediction])
                    """
            )
        }
        let caption: Prose =
            "Change in the confusion matrix, in samples: rows are labels, columns predictions"
        if count <= Self.classLimit {
            let changed = Dictionary(
                uniqueKeysWithValues: changes.map { ([$0.label, $0.prediction], $0.change) })
            let columns =
                [Table.Column("Label", isNumeric: false)]
                + (0..<count).map { Table.Column("→ \($0)", "predicted as class \($0)") }
            let rows = (0..<count).map { label in
                [Table.Cell(Prose(String(label)))]
                    + (0..<count).map { cell(label, $0, changed[[label, $0]] ?? 0) }
            }
            return [.table(Table(caption: caption, columns: columns, rows: rows, isHeat: true))]
        }
        let top = changes.sorted {
            ($1.change.magnitude, $0.label, $0.prediction) < ($0.change.magnitude, $1.label, $1.prediction)
        }
        let columns = [
            Table.Column("Label", isNumeric: false), Table.Column("Predicted as"), Table.Column("Change"),
        ]
        let rows = top.prefix(Self.classLimit).map {
            [
                Table.Cell(Prose(String($0.label))), Table.Cell(Prose(String($0.prediction))),
                cell($0.label, $0.prediction, $0.change),
            ]
        }
        return [
            .table(
                Table(
                    caption:
                        """
                        The largest changes in the confusion matrix, in samples \
                        (\(Format.count(rows.count)) of \(Format.count(changes.count)))
                        """,
                    columns: columns, rows: rows, isHeat: true))
        ]
    }

    /// The metrics of both, side by side.
    var metricsTable: Table? {
        guard let (before, after) = pair else { return nil }
        let decimals = Format.percentDecimals(samples: after.sampleCount)
        func row(_ title: String, _ a: Double, _ b: Double, isFraction: Bool = true) -> [Table.Cell] {
            let text = { isFraction ? Format.percent($0, decimals: decimals) : Format.number($0) }
            let change =
                isFraction
                ? Format.points(b - a, decimals: decimals) + " points"
                : (b > a ? "+" : "") + Format.number(b - a)
            return [title, text(a), text(b), change].map { Table.Cell(Prose($0)) }
        }
        var rows = [row("Accuracy", before.accuracy, after.accuracy)]
        if let a = before.top5Accuracy, let b = after.top5Accuracy {
            rows.append(row("Top-5 accuracy", a, b))
        }
        rows.append(row("Macro F1", before.macroF1, after.macroF1))
        rows.append(
            row(
                "Negative log-likelihood (nats)", before.negativeLogLikelihood, after.negativeLogLikelihood,
                isFraction: false))
        return Table(
            caption: "Predictions",
            columns: [
                Table.Column("Figure", isNumeric: false), Table.Column("Before"), Table.Column("After"),
                Table.Column("Change"),
            ],
            rows: rows)
    }

    /// How the two agree, sample by sample.
    var agreementTable: Table? {
        guard let predictions = evaluation.predictions else { return nil }
        let decimals = Format.percentDecimals(samples: predictions.sampleCount)
        let agreement = Format.percent(predictions.agreement, decimals: decimals)
        let rows = [
            ("Samples", Format.count(predictions.sampleCount)),
            ("Same prediction", "\(Format.count(predictions.agreeing)) (\(agreement))"),
            ("Right only before", Format.count(predictions.onlyOriginalCorrect)),
            ("Right only after", Format.count(predictions.onlyCompressedCorrect)),
            ("Change in accuracy", Format.points(predictions.accuracyChange, decimals: decimals) + " points"),
            ("Its 95 % interval", Format.points(predictions.interval, decimals: decimals) + " points"),
        ]
        return Table(
            caption: "The same samples before and after",
            columns: [Table.Column("Figure", isNumeric: false), Table.Column("Value")],
            rows: rows.map { [Table.Cell(Prose($0.0)), Table.Cell(Prose($0.1))] })
    }
}

extension Double {
    /// The nearest whole number within ±`limit`; 0 for what is no number.
    fileprivate func rounded(clampedTo limit: Double) -> Double {
        isNaN ? 0 : Swift.min(Swift.max(rounded(), -limit), limit)
    }
}
