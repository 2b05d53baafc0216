// All recipes in one table and in one picture.

import BantamEvaluator

extension Report {
    private var decimals: Int {
        Format.percentDecimals(samples: comparison.candidates.first?.evaluation.accuracies?.samples ?? 0)
    }

    func recipeTable() -> Table {
        typealias Column = Table.Column
        let candidates = comparison.candidates
        let hasMetrics = candidates.contains { $0.evaluation.accuracies != nil }
        let front = Set(comparison.front)
        var columns = [
            Column("Recipe", isNumeric: false), Column("Size", "bytes on disk"),
            Column("Ratio", "original bytes over compressed bytes"),
            Column("Bits per weight", "8 × stored bytes over original weights"),
        ]
        if hasMetrics {
            columns += [
                Column("Accuracy"), Column("Change (points)", "percentage points of accuracy"),
                Column("95 % interval (points)", "of the change"),
                Column("Agreement", "samples for which both predict the same"),
                Column("NLL (nats)", "mean negative log-likelihood"),
            ]
        }
        columns += [
            Column("SQNR", "over all weights, in dB"), Column("Decoding", "seconds to decode every tensor"),
            Column("Inference", "seconds for all samples, on decompressed weights"),
            Column("Pareto", "no other is both as small and as good", isNumeric: false),
        ]
        let rows = candidates.enumerated().map { position, candidate in
            recipeRow(candidate, hasMetrics: hasMetrics, isOnFront: front.contains(position))
        }
        let original = originalRow(hasMetrics: hasMetrics)
        return Table(
            caption: rows.count == 1 ? "The original and the result" : "The original and every recipe",
            columns: columns, rows: [original] + rows,
            isSortable: rows.count > 1, pinnedRows: 1)
    }

    private func originalRow(hasMetrics: Bool) -> [Table.Cell] {
        guard let evaluation = comparison.candidates.first?.evaluation else { return [] }
        let bits = 8 * Double(evaluation.original.byteCount) / Double(max(evaluation.elementCount, 1))
        var cells = [
            Table.Cell("original"),
            .figure(Double(evaluation.original.byteCount), Format.bytes),
            .figure(1, Format.ratio), .figure(bits, Format.bitsPerWeight),
        ]
        if hasMetrics {
            let metrics = evaluation.original.metrics
            cells += [
                .figure(metrics?.accuracy) { Format.percent($0, decimals: decimals) }, Table.Cell("–"),
                Table.Cell("–"), Table.Cell("–"), .figure(metrics?.negativeLogLikelihood, Format.number),
            ]
        }
        return cells + [
            Table.Cell("–"), Table.Cell("–"), .figure(evaluation.timing.originalInference, Format.seconds),
            Table.Cell("–"),
        ]
    }

    private func recipeRow(
        _ candidate: Comparison.Candidate, hasMetrics: Bool, isOnFront: Bool
    ) -> [Table.Cell] {
        let evaluation = candidate.evaluation
        var cells = [
            Table.Cell(Prose(name: candidate.name)),
            .figure(Double(evaluation.compressed.byteCount), Format.bytes),
            .figure(evaluation.ratio, Format.ratio),
            .figure(evaluation.bitsPerWeight, Format.bitsPerWeight),
        ]
        cells[1].hint = Format.count(evaluation.compressed.byteCount, "byte")
        if hasMetrics {
            let metrics = evaluation.compressed.metrics
            let predictions = evaluation.predictions
            let change = predictions?.accuracyChange ?? evaluation.accuracies.map { $0.after - $0.before }
            var interval = Table.Cell("–")
            if let bounds = predictions?.interval {
                interval = Table.Cell(
                    Prose(Format.points(bounds, decimals: decimals)), sortKey: bounds.lowerBound)
            }
            cells += [
                .figure(metrics?.accuracy) { Format.percent($0, decimals: decimals) },
                .figure(change) { Format.points($0, decimals: decimals) }, interval,
                .figure(predictions?.agreement) { Format.percent($0, decimals: decimals) },
                .figure(metrics?.negativeLogLikelihood, Format.number),
            ]
        }
        return cells + [
            .figure(evaluation.totals.sqnr, Format.decibels),
            .figure(evaluation.timing.decompression, Format.seconds),
            .figure(evaluation.timing.compressedInference, Format.seconds),
            Table.Cell(isOnFront ? "● yes" : "◇ no", sortKey: isOnFront ? 1 : 0),
        ]
    }

    func tradeOffBlocks() -> [Block] {
        let candidates = comparison.candidates
        guard let first = candidates.first else { return [] }
        let isAccuracy = comparison.measuresAccuracy
        let front = Set(comparison.front)
        let points = candidates.enumerated().map { position, candidate in
            let evaluation = candidate.evaluation
            var interval: ClosedRange<Double>?
            if isAccuracy, let before = evaluation.original.metrics?.accuracy,
                let change = evaluation.predictions?.interval
            {
                interval = max(0, before + change.lowerBound)...max(0, min(1, before + change.upperBound))
            }
            let quality = comparison.quality(at: position)
            return TradeOffChart.Point(
                name: candidate.name, bytes: Double(evaluation.compressed.byteCount), quality: quality,
                interval: interval, isOnFront: front.contains(position),
                label: "\(shortened(candidate.name, to: 24)) \(Format.ratio(evaluation.ratio))",
                tooltip: "\(candidate.name): \(Format.bytes(evaluation.compressed.byteCount)), "
                    + (isAccuracy ? Format.percent(quality, decimals: decimals) : Format.decibels(quality)))
        }
        let size = first.evaluation.original.byteCount
        let accuracy = isAccuracy ? first.evaluation.original.metrics?.accuracy ?? .nan : .infinity
        let original = TradeOffChart.Point(
            name: "original", bytes: Double(size), quality: accuracy, isOnFront: false, label: "original",
            tooltip: "original: \(Format.bytes(size))"
                + (isAccuracy ? ", \(Format.percent(accuracy, decimals: decimals))" : ""))
        let chart = TradeOffChart(
            points: points, original: original, qualityTitle: isAccuracy ? "accuracy" : "SQNR",
            isPercent: isAccuracy)
        let title = isAccuracy ? "Size against accuracy" : "Size against reconstruction error"
        let names = candidates.indices.filter { front.contains($0) }.map { candidates[$0].name }
        let label = "\(title) of every recipe. On the Pareto front: \(names.joined(separator: ", "))."
        var legend: Prose =
            """
            Up and to the left is better. ● and the stairs: the Pareto front; ◇ beaten by another \
            recipe or by the original; ■ the original.
            """
        if isAccuracy, points.contains(where: { $0.interval != nil }) {
            legend += " Whiskers: where the accuracy may lie by the 95 % interval of its change."
        }
        var caption: Prose =
            isAccuracy ? "" : "Accuracy was not measured; higher SQNR means closer weights."
        let undrawn = points.filter { !$0.quality.isFinite && $0.quality != .infinity }
        if !undrawn.isEmpty {
            caption +=
                " Not drawn, for want of a defined SQNR: \(undrawn.map { Prose(name: $0.name) }.listed())."
        }
        return [
            .heading(level: 2, Prose(title), id: "trade-off"),
            .figures([
                Figure(
                    title: "", caption: caption, legend: legend,
                    drawing: .responsive(
                        wide: chart.draw(width: 760, height: 400, label: label),
                        narrow: chart.draw(width: 390, height: 380, label: label)),
                    standIn: [tradeOffList(points, isAccuracy: isAccuracy)])
            ]),
        ]
    }

    private func tradeOffList(_ points: [TradeOffChart.Point], isAccuracy: Bool) -> Block {
        .list(
            points.sorted { $0.bytes < $1.bytes }.map { point in
                let quality =
                    isAccuracy
                    ? Format.percent(point.quality, decimals: decimals) : Format.decibels(point.quality)
                return
                    """
                    \(point.isOnFront ? "●" : "◇") \(name: point.name): \
                    \(Format.bytes(point.bytes)), \(quality)
                    """
            })
    }
}
