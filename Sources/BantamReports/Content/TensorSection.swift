// Tensor by tensor: where the bytes went and where the error is.

import BantamEvaluator

/// Charts and the table of one recipe's tensors.
struct TensorSection {
    var evaluation: Evaluation
    /// The most rows a chart shows.
    static let rowLimit = 20

    private var tensors: [TensorEvaluation] { evaluation.tensors }

    /// Positions of tensors, those with the most bytes first.
    var bySize: [Int] {
        tensors.indices.sorted { (tensors[$1].originalByteCount, $0) < (tensors[$0].originalByteCount, $1) }
    }

    /// Positions of tensors, those with the lowest SQNR first; no number counts as the lowest.
    var byError: [Int] {
        let key = { (index: Int) -> Double in
            let value = tensors[index].error.sqnr
            return value.isNaN ? -.infinity : value
        }
        return tensors.indices.sorted { (key($0), $0) < (key($1), $1) }
    }

    var chartBlocks: [Block] {
        guard !tensors.isEmpty else { return [.paragraph("The file has no tensors.", .note)] }
        var figures = [bytesFigure]
        if let error = errorFigure { figures.append(error) }
        var blocks: [Block] = [.heading(level: 3, "Where the bytes and the error are", id: "")]
        if tensors.allSatisfy(\.error.isExact) {
            blocks.append(.paragraph("No compared tensor lost anything: SQNR is ∞ dB everywhere.", .note))
        }
        blocks.append(.figures(figures))
        return blocks
    }

    private var bytesFigure: Figure {
        let order = bySize
        let rows = order.prefix(Self.rowLimit).map {
            BytesChart.Row(
                name: tensors[$0].name, before: Double(tensors[$0].originalByteCount),
                after: Double(tensors[$0].byteCount))
        }
        let others = order.dropFirst(Self.rowLimit)
        var chart = BytesChart(rows: rows)
        var caption: Prose = "Largest first; header and shared tables of the file not counted."
        if !others.isEmpty {
            chart.rest = BytesChart.Row(
                name: "\(Format.count(others.count, "other tensor")) together",
                before: others.reduce(0) { $0 + Double(tensors[$1].originalByteCount) },
                after: others.reduce(0) { $0 + Double(tensors[$1].byteCount) })
            caption = "The \(Format.count(Self.rowLimit)) largest, and the rest summed up."
        }
        return Figure(
            title: "Bytes by tensor", caption: caption,
            legend: chart.restHasBars ? "" : "The rest has no bars: they would dwarf the others.",
            drawing: .one(chart.draw(label: "Bytes of each tensor before and after")),
            standIn: [
                .list(
                    rows.map { "\(name: $0.name): \($0.figures)" }
                        + [chart.rest].compactMap(\.self).map {
                            "\($0.name): \($0.figures)"
                        })
            ])
    }

    private var errorFigure: Figure? {
        let order = byError
        let shown = order.prefix(Self.rowLimit)
        let finite = shown.map { tensors[$0].error.sqnr }.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return nil }
        let rows = shown.map {
            DotChart.Row(
                name: tensors[$0].name, value: tensors[$0].error.sqnr,
                figures: Format.decibels(tensors[$0].error.sqnr))
        }
        var caption: Prose = "Worst first."
        if let first = order.dropFirst(Self.rowLimit).first, let last = order.last {
            let count = order.count - shown.count
            caption =
                """
                The \(Format.count(Self.rowLimit)) worst; the other \(Format.count(count)) lie \
                between \(Format.decibels(tensors[first].error.sqnr)) and \
                \(Format.decibels(tensors[last].error.sqnr)).
                """
        }
        let domain = Ticks.rounded(min(low, 0)...max(high, 10), count: 6)
        return Figure(
            title: "SQNR by tensor", caption: caption, legend: "Further right is closer to the original.",
            drawing: .one(
                DotChart(rows: rows, domain: domain, unit: " dB").draw(label: "SQNR of each tensor in dB")),
            standIn: [.list(rows.map { "\(name: $0.name): \($0.figures)" })])
    }

    /// Histograms of the largest and the worst tensors, and the spectra of low-rank ones.
    var valueBlocks: [Block] {
        let largest = bySize.filter { tensors[$0].histogram != nil }.prefix(2)
        let worst = byError.filter {
            tensors[$0].histogram != nil && tensors[$0].error.sqnr != .infinity && !largest.contains($0)
        }.prefix(2)
        let histograms =
            largest.compactMap { histogramFigure($0, "one of the largest") }
            + worst.compactMap { histogramFigure($0, "among the lowest SQNR") }
        let spectra = bySize.filter { tensors[$0].spectrum != nil }.prefix(4).compactMap(spectrumFigure)
        var blocks: [Block] = []
        if !histograms.isEmpty {
            blocks.append(.heading(level: 3, "Weights before and after", id: ""))
            blocks.append(.figures(histograms))
        }
        if !spectra.isEmpty {
            blocks.append(.heading(level: 3, "Singular values", id: ""))
            blocks.append(.figures(spectra))
        }
        return blocks
    }

    private func histogramFigure(_ index: Int, _ reason: String) -> Figure? {
        let tensor = tensors[index]
        guard let histogram = tensor.histogram, let chart = HistogramChart(histogram) else { return nil }
        return Figure(
            title: Prose(name: tensor.name),
            caption:
                """
                \(tensor.encoding), \(Format.decibels(tensor.error.sqnr)), zeros \
                \(Format.percent(tensor.originalSparsity)) → \(Format.percent(tensor.sparsity)); \
                \(reason).
                """,
            drawing: .one(chart.draw(label: "Histogram of \(tensor.name) before and after")),
            standIn: [
                .code(
                    "before \(sparkline(chart.before))\nafter  \(sparkline(chart.after))\n"
                        + """
                        from \(Format.number(chart.range.lowerBound)) to \
                        \(Format.number(chart.range.upperBound))
                        """,
                    language: "text")
            ])
    }

    private func spectrumFigure(_ index: Int) -> Figure? {
        let tensor = tensors[index]
        guard let spectrum = tensor.spectrum, let chart = SpectrumChart(spectrum) else { return nil }
        let largest = spectrum.singularValues[0]
        return Figure(
            title: Prose(name: tensor.name),
            caption:
                """
                Rank \(Format.count(chart.rank)) of \(Format.count(chart.values.count)) keeps \
                \(Format.percent(chart.energy)) of Σσ². Largest σ \(Format.number(largest)), \
                smallest \(Format.number(spectrum.singularValues.last ?? 0)).
                """,
            drawing: .one(chart.draw(label: "Singular values of \(tensor.name)")), standIn: [])
    }

    /// Counts as eight heights of blocks, at most 64 of them.
    private func sparkline(_ counts: [Int]) -> String {
        let step = (counts.count + 63) / 64
        let merged = stride(from: 0, to: counts.count, by: step).map {
            counts[$0..<min($0 + step, counts.count)].reduce(0.0) { $0 + Double($1) }
        }
        let highest = max(merged.max() ?? 1, 1)
        let blocks = Array("▁▂▃▄▅▆▇█")
        return String(
            merged.map { value in
                value == 0 ? " " : blocks[min(7, Int(8 * (value / highest)))]
            })
    }
}
