// Everything about one recipe: what happened, where the bytes went, what the weights and predictions lost.

import BantamEvaluator

/// The details of one candidate.
struct RecipeSection {
    var candidate: Comparison.Candidate
    var evaluation: Evaluation { candidate.evaluation }

    /// What stands behind the name in its headline.
    var subtitle: String {
        var text = "\(Format.bytes(evaluation.compressed.byteCount)), \(Format.ratio(evaluation.ratio))"
        if let (_, after, samples) = evaluation.accuracies {
            text += ", \(Format.percent(after, decimals: Format.percentDecimals(samples: samples)))"
        }
        return "· \(text), \(Format.decibels(evaluation.totals.sqnr))"
    }

    var blocks: [Block] {
        var blocks: [Block] = []
        if !evaluation.compressed.path.isEmpty {
            blocks.append(
                .paragraph(
                    """
                    File: \(name: evaluation.compressed.path), \
                    \(Format.count(evaluation.compressed.byteCount, "byte")).\(overhead)
                    """,
                    .note))
        }
        if !candidate.notes.isEmpty {
            blocks.append(.heading(level: 3, "What was kept, skipped or chosen", id: ""))
            blocks += noteBlocks
        }
        let tensors = TensorSection(evaluation: evaluation)
        blocks += tensors.chartBlocks
        let accuracy = AccuracySection(evaluation: evaluation)
        blocks += accuracy.blocks
        blocks += tensors.valueBlocks
        blocks.append(.heading(level: 3, "Every figure", id: ""))
        let tables = [accuracy.metricsTable, accuracy.agreementTable, errorTable, timingTable].compactMap(
            \.self)
        blocks.append(.columns(tables.map { [.table($0)] }))
        return blocks + tensors.tableBlocks
    }

    /// Bytes of the file that belong to no tensor.
    private var overhead: String {
        let held = evaluation.tensors.reduce(0.0) { $0 + Double($1.byteCount) }
        let rest = Double(evaluation.compressed.byteCount) - held
        guard rest > 0 else { return "" }
        return " Its tensors hold \(Format.bytes(held)), header and tables \(Format.bytes(rest))."
    }

    private var noteBlocks: [Block] {
        let limit = 12
        let notes = candidate.notes.map { Prose($0) }
        guard notes.count > limit else { return [.list(notes)] }
        var rest = Array(notes[limit...].prefix(500))
        if notes.count > limit + rest.count {
            rest.append("… and \(Format.count(notes.count - limit - rest.count)) more.")
        }
        return [
            .list(Array(notes[..<limit])),
            .details(
                summary: "\(Format.count(notes.count - limit, "more note"))", open: false, [.list(rest)]),
        ]
    }

    private var errorTable: Table {
        let totals = evaluation.totals
        let figures = [
            ("Ratio", Format.ratio(evaluation.ratio)),
            ("Bits per weight", Format.bitsPerWeight(evaluation.bitsPerWeight)),
            ("Weights compared", Format.count(totals.count)),
            ("SQNR", Format.decibels(totals.sqnr)),
            ("Relative error", Format.number(totals.relativeError)),
            ("Max abs error", Format.number(totals.maxAbsError)),
            ("RMSE", Format.number(totals.rmse)),
            ("Cosine", Format.cosine(totals.cosine)),
        ]
        return Table(
            caption: "Reconstruction, all tensors together",
            columns: [Table.Column("Figure", isNumeric: false), Table.Column("Value")],
            rows: figures.map { [Table.Cell(Prose($0.0)), Table.Cell(Prose($0.1))] })
    }

    private var timingTable: Table? {
        let timing = evaluation.timing
        let passes = candidate.passSeconds.map { ("Compression: \($0.pass)", Optional($0.seconds)) }
        let inference = [
            ("Decompression of every tensor", timing.decompression),
            ("Inference, original weights", timing.originalInference),
            ("Inference, decompressed weights", timing.compressedInference),
            ("Inference, directly on sparse and low-rank weights", timing.directInference),
        ]
        let rows = (passes + inference).compactMap { label, seconds in
            seconds.map { [Table.Cell(Prose(label)), Table.Cell(Prose(Format.seconds($0)))] }
        }
        guard !rows.isEmpty else { return nil }
        return Table(
            caption: "Time, on the machine that measured",
            columns: [Table.Column("Step", isNumeric: false), Table.Column("Time", "wall clock")],
            rows: rows)
    }
}
