// What more bits would buy, and what fewer would have to do.

import BantamEvaluator

/// A rate–distortion curve as charts, sentences and a table.
struct CurveSection {
    var curve: RateDistortionCurve

    private typealias Point = RateDistortionCurve.Point

    private var hasAccuracy: Bool { curve.points.contains { $0.accuracy != nil } }
    private var decimals: Int { Format.percentDecimals(samples: curve.original.metrics?.sampleCount ?? 0) }
    private var ladder: [Point] { curve.points.filter { $0.kind == .rateDistortion } }
    private var fixed: [Point] { curve.points.filter { $0.kind == .fixedWidth } }

    /// Accuracies more than this below the best are drawn at the lower edge, so that the others can be told apart.
    private static let accuracySpan = 12.0

    var blocks: [Block] {
        [
            .heading(level: 2, "What a bit buys", id: "curve"), .paragraph(finding),
            .figures(hasAccuracy ? [errorFigure, accuracyFigure] : [errorFigure]), .table(table),
            .paragraph(counting, .note),
        ] + (curve.notes.isEmpty ? [] : [.list(curve.notes.map { "Left out: \($0)" })])
    }

    /// What fixed-width schemes spend more, scheme by scheme, and how near the bound is.
    private var finding: Prose {
        var text: Prose = ""
        let saved = fixed.compactMap { point -> (Point, Double)? in
            let bits = curve.bitsPerWeight(point)
            guard let better = curve.rateDistortionBitsPerWeight(sqnr: curve.sqnr(point)) else { return nil }
            return (point, 1 - better / bits)
        }
        let fewer = saved.filter { $0.1 > 0 }
        if let least = fewer.min(by: { $0.1 < $1.1 }), let most = fewer.max(by: { $0.1 < $1.1 }) {
            let amount =
                fewer.count == 1
                ? "\(Format.percent(least.1, decimals: 0)) fewer bytes than \(least.0.name)"
                : """
                \(Format.percent(least.1, decimals: 0)) (\(least.0.name)) to \
                \(Format.percent(most.1, decimals: 0)) (\(most.0.name)) fewer bytes than codes of a fixed width
                """
            text += "\(strong: "Rate–distortion quantization") makes the same error with \(amount). "
        }
        let more = saved.filter { $0.1 <= 0 }.map { Prose($0.0.name) }
        if !more.isEmpty {
            text +=
                "\(more.listed()) \(more.count == 1 ? "needs" : "need") no more bytes than it for the same error. "
        }
        let distances = ladder.map {
            curve.bitsPerWeight($0) - curve.boundBitsPerWeight(sqnr: curve.sqnr($0))
        }.filter(\.isFinite)
        if let near = distances.min(), let far = distances.max() {
            text +=
                near >= 0
                ? "It needs \(Format.bitsPerWeight(near)) to \(Format.bitsPerWeight(far)) bits per weight more than the Gaussian bound, file header and all. "
                : "In places it needs fewer bits than the Gaussian bound: these weights are not Gaussian, and sparse ones least of all. "
        }
        if hasAccuracy {
            let better = fixed.filter(isMoreAccurate)
            text +=
                better.isEmpty
                ? "Error is not accuracy: the same error may cost one scheme more than another."
                : """
                \(strong: "Error is not accuracy"): on this data \(better.map { Prose($0.name) }.listed()) \
                \(better.count == 1 ? "keeps" : "keep") more of it at the same size. One step for all rows is coarse \
                for rows of small weights, and a network may use just these a lot; codes of a fixed width have a \
                scale for each row.
                """
        }
        return text
    }

    /// Whether a scheme predicts better than rate–distortion quantization with no fewer bits, by more than chance.
    private func isMoreAccurate(_ point: Point) -> Bool {
        let larger = ladder.filter { $0.byteCount >= point.byteCount }.min { $0.byteCount < $1.byteCount }
        guard let mine = point.predictions?.interval, let other = larger?.predictions?.interval else {
            return false
        }
        return mine.lowerBound > other.upperBound
    }

    private var counting: Prose {
        let share = Double(curve.matrixElementCount) / Double(max(curve.elementCount, 1))
        return """
            \(strong: "What is counted"): bits per weight are 8 × the bytes of the whole file, header and scales included, \
            over all \(Format.count(curve.elementCount, "weight")) of the model. SQNR is that of the \
            \(Format.count(curve.matrixCount, "matrix", "matrices")) with \(Format.percent(share)) of the weights, as \
            decompressed; schemes differ only in these, and all else is held as 16-bit floats. Codes are then coded \
            losslessly (coding \(name: "auto")). \(strong: "The Gaussian bound") is the least number of bits for an SQNR if the weights \
            of each row of a matrix were independent draws from a normal distribution with the row's mean and variance, \
            with the same squared error in every row that has more than that (reverse water-filling: Cover and Thomas, \
            “Elements of Information Theory”, chapter 10); it counts nothing but matrices.
            """
    }

    private var errorFigure: Figure {
        let qualities = curve.points.map(curve.sqnr).filter(\.isFinite)
        let domain = Ticks.rounded(min(0, qualities.min() ?? 0)...max(qualities.max() ?? 1, 1), count: 6)
        let chart = CurveChart(
            curve: ladder.map { point($0, curve.sqnr($0)) },
            others: fixed.map { point($0, curve.sqnr($0), label: $0.name) },
            bound: { curve.boundSQNR(bitsPerWeight: $0) },
            qualityTitle: "SQNR", unit: " dB", domain: domain)
        return figure(
            chart, title: "Bits against error",
            legend: "● rate–distortion quantization; ◇ codes of a fixed width; dashes: the Gaussian bound.")
    }

    private var accuracyFigure: Figure {
        let original = curve.original.metrics?.accuracy
        let values = (curve.points.map(\.accuracy) + [original]).compactMap(\.self)
            .filter((0...1).contains).map { 100 * $0 }
        let high = values.max() ?? 100
        let low = max(values.min() ?? 0, high - Self.accuracySpan)
        var domain = Ticks.rounded(max(0, low - 0.5)...high + 0.5, count: 6)
        domain = domain.lowerBound...max(min(domain.upperBound, 100), domain.lowerBound + 0.1)
        func quality(_ point: Point) -> Double { point.accuracy.map { 100 * $0 } ?? .nan }
        let chart = CurveChart(
            curve: ladder.map { self.point($0, quality($0), interval: interval($0)) },
            others: fixed.map { self.point($0, quality($0), interval: interval($0), label: $0.name) },
            original: original.map { 100 * $0 }, qualityTitle: "accuracy", unit: " %", domain: domain)
        let isCut = values.contains { $0 < domain.lowerBound }
        var legend: Prose =
            """
            Marks as above; the band and the whiskers: where the accuracy may lie by the 95 % interval of its change.
            """
        if isCut { legend += " ▼: lower than the axis goes; see the table." }
        return figure(chart, title: "Bits against accuracy", legend: legend)
    }

    private func figure(_ chart: CurveChart, title: Prose, legend: Prose) -> Figure {
        let label = "\(title.plain) of every scheme; the table below has the figures."
        return Figure(
            title: title, caption: "", legend: legend,
            drawing: .responsive(
                wide: chart.draw(width: 560, height: 420, label: label),
                narrow: chart.draw(width: 390, height: 400, label: label)),
            standIn: [.paragraph("A chart in the HTML report; its figures are in the table below.", .note)])
    }

    private func interval(_ point: Point) -> ClosedRange<Double>? {
        guard let before = curve.original.metrics?.accuracy, let change = point.predictions?.interval else {
            return nil
        }
        let low = max(0, before + change.lowerBound)
        return 100 * low...100 * max(low, min(1, before + change.upperBound))
    }

    private func point(
        _ point: Point, _ quality: Double, interval: ClosedRange<Double>? = nil, label: String = ""
    ) -> CurveChart.Point {
        var tooltip =
            """
            \(title(of: point).plain): \(Format.bitsPerWeight(curve.bitsPerWeight(point))) bits per weight, \
            \(Format.decibels(curve.sqnr(point)))
            """
        if let accuracy = point.accuracy {
            tooltip += ", \(Format.percent(accuracy, decimals: decimals))"
        }
        return CurveChart.Point(
            bits: curve.bitsPerWeight(point), quality: quality, interval: interval, label: label,
            tooltip: tooltip)
    }

    private func title(of point: Point) -> Prose {
        point.kind == .rateDistortion ? "rate–distortion, \(point.name)" : Prose(point.name)
    }

    private var table: Table {
        typealias Column = Table.Column
        var columns = [
            Column("Scheme", isNumeric: false), Column("Size", "bytes of the whole file"),
            Column("Ratio", "original bytes over compressed bytes"),
            Column("Bits per weight", "8 × stored bytes over original weights"),
            Column("SQNR", "over the matrices, in dB"),
            Column("Gaussian bound", "the fewest bits per weight at this SQNR, if rows were Gaussian"),
            Column(
                "Rate–distortion at this SQNR",
                "bits per weight of rate–distortion quantization at this SQNR, between its points"),
            Column("Fewer bytes", "that rate–distortion quantization needs at this SQNR"),
        ]
        if hasAccuracy {
            columns += [
                Column("Accuracy"), Column("Change (points)", "percentage points of accuracy"),
                Column("95 % interval (points)", "of the change"),
            ]
        }
        return Table(
            caption: "Every scheme with its real file", columns: columns, rows: curve.points.map(row),
            isSortable: true)
    }

    private func row(_ point: Point) -> [Table.Cell] {
        let (bits, sqnr) = (curve.bitsPerWeight(point), curve.sqnr(point))
        let better = point.kind == .fixedWidth ? curve.rateDistortionBitsPerWeight(sqnr: sqnr) : nil
        let ratio = Double(curve.original.byteCount) / Double(max(point.byteCount, 1))
        var cells = [
            Table.Cell(title(of: point)), .figure(Double(point.byteCount), Format.bytes),
            .figure(ratio, Format.ratio), .figure(bits, Format.bitsPerWeight), .figure(sqnr, Format.decibels),
            .figure(curve.boundBitsPerWeight(sqnr: sqnr), Format.bitsPerWeight),
            .figure(better, Format.bitsPerWeight),
            .figure(better.map { 1 - $0 / bits }) { Format.percent($0) },
        ]
        cells[1].hint = Format.count(point.byteCount, "byte")
        cells[0].hint = point.pass
        guard hasAccuracy else { return cells }
        var interval = Table.Cell("–")
        if let bounds = point.predictions?.interval {
            interval = Table.Cell(
                Prose(Format.points(bounds, decimals: decimals)), sortKey: bounds.lowerBound)
        }
        return cells + [
            .figure(point.accuracy) { Format.percent($0, decimals: decimals) },
            .figure(point.predictions?.accuracyChange) { Format.points($0, decimals: decimals) }, interval,
        ]
    }
}
