// All figures of every tensor in one table, bounded so that a large model stays readable.

import BantamEvaluator

extension TensorSection {
    /// The table, and what it left out.
    var tableBlocks: [Block] {
        let tensors = evaluation.tensors
        guard !tensors.isEmpty else { return [] }
        let shown = shownTensors
        var blocks: [Block] = []
        if shown.count < tensors.count {
            let shownSet = Set(shown)
            let rest = tensors.indices.filter { !shownSet.contains($0) }.map { tensors[$0] }
            let before = rest.reduce(0) { $0 + Double($1.originalByteCount) }
            let after = rest.reduce(0) { $0 + Double($1.byteCount) }
            let worst = rest.map(\.error.sqnr).filter { !$0.isNaN }.min() ?? .infinity
            blocks.append(
                .paragraph(
                    """
                    The table has the largest tensors and those with the lowest SQNR, \
                    \(Format.count(shown.count)) of \(Format.count(tensors.count)). The \
                    \(Format.count(rest.count)) left out hold \(Format.bytes(before)) → \
                    \(Format.bytes(after)); none of them is below \(Format.decibels(worst)). The \
                    JSON of the evaluation has them all.
                    """,
                    .note))
        }
        blocks.append(.table(table(shown.map { tensors[$0] })))
        return [
            .details(
                summary: "Every tensor: \(Format.count(tensors.count)) with all figures",
                open: tensors.count <= 12, blocks)
        ]
    }

    /// Positions in the order of the file: four fifths of the limit by size, the rest by error.
    private var shownTensors: [Int] {
        let tensors = evaluation.tensors
        let limit = Report.tensorRowLimit
        guard tensors.count > limit else { return Array(tensors.indices) }
        var shown = Set(bySize.prefix(limit * 4 / 5))
        for index in byError where shown.count < limit { shown.insert(index) }
        return shown.sorted()
    }

    private func table(_ tensors: [TensorEvaluation]) -> Table {
        typealias Column = Table.Column
        let columns = [
            Column("Tensor", isNumeric: false), Column("Dtype", isNumeric: false),
            Column("Shape", isNumeric: false), Column("Held as", isNumeric: false), Column("Before"),
            Column("After"), Column("Ratio"), Column("Bits per weight"), Column("SQNR"),
            Column("Relative error"), Column("Max abs error", "in the unit of the weights"),
            Column("RMSE", "in the unit of the weights"), Column("Cosine"),
            Column("KL divergence (nats)", "of the histograms before and after"),
            Column("Zeros before", "sparsity"),
            Column("Zeros after", "sparsity"),
        ]
        let rows = tensors.map { tensor -> [Table.Cell] in
            let error = tensor.error
            return [
                Table.Cell(Prose(name: tensor.name)), Table.Cell(Prose(tensor.dtype.rawValue)),
                Table.Cell(Prose(tensor.shape.description), sortKey: Double(tensor.shape.elementCount)),
                Table.Cell(Prose(tensor.encoding)),
                .figure(Double(tensor.originalByteCount), Format.bytes),
                .figure(Double(tensor.byteCount), Format.bytes),
                .figure(
                    tensor.byteCount > 0 ? Double(tensor.originalByteCount) / Double(tensor.byteCount) : nil,
                    Format.ratio),
                .figure(tensor.bitsPerWeight, Format.bitsPerWeight), .figure(error.sqnr, Format.decibels),
                .figure(error.relativeError, Format.number), .figure(error.maxAbsError, Format.number),
                .figure(error.rmse, Format.number), .figure(error.cosine, Format.cosine),
                .figure(tensor.histogram?.klDivergence, Format.number),
                .figure(tensor.originalSparsity) { Format.percent($0) },
                .figure(tensor.sparsity) { Format.percent($0) },
            ]
        }
        return Table(
            caption: "Tensors in the order of the file", columns: columns, rows: rows, isSortable: true)
    }
}
