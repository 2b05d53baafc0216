import Bantam

/// An evaluation for a terminal.
struct EvaluationTable {
    private let evaluation: Evaluation

    init(_ evaluation: Evaluation) { self.evaluation = evaluation }

    func lines(width: Int) -> [String] {
        var table = Table([
            .text("tensor"), .text("shape", dispensable: 3), .text("held as", dispensable: 1),
            .number("original", dispensable: 5), .number("stored", dispensable: 2), .number("bpw"),
            .number("SQNR"), .number("rel. error", dispensable: 6), .number("max error", dispensable: 7),
            .number("zeros", dispensable: 4),
        ])
        table.rows = evaluation.tensors.map { tensor in
            [
                oneLine(tensor.name), "\(tensor.shape)", tensor.encoding,
                Format.bytes(tensor.originalByteCount),
                Format.bytes(tensor.byteCount), Format.bitsPerWeight(tensor.bitsPerWeight),
                Format.decibels(tensor.error.sqnr), Format.number(tensor.error.relativeError),
                Format.number(tensor.error.maxAbsError), Format.percent(tensor.sparsity),
            ]
        }
        let totals = evaluation.totals
        table.total = [
            "whole file", "", "", Format.bytes(evaluation.original.byteCount),
            Format.bytes(evaluation.compressed.byteCount), Format.bitsPerWeight(evaluation.bitsPerWeight),
            Format.decibels(totals.sqnr), Format.number(totals.relativeError),
            Format.number(totals.maxAbsError),
            "",
        ]
        return table.lines(width: width) + ["", "ratio \(Format.ratio(evaluation.ratio))"] + accuracyLines
            + timeLines
    }

    private var accuracyLines: [String] {
        guard let before = evaluation.original.metrics, let after = evaluation.compressed.metrics else {
            return []
        }
        let decimals = Format.percentDecimals(samples: before.sampleCount)
        let change = { (value: Double) in Format.percent(value, decimals: decimals) }
        var lines = [
            "accuracy \(change(before.accuracy)) → \(change(after.accuracy)) of \(Format.count(before.sampleCount, "sample"))"
        ]
        if let predictions = evaluation.predictions {
            lines[0] +=
                ": \(Format.points(predictions.accuracyChange, decimals: decimals)) points, 95 % interval "
                + Format.points(predictions.interval, decimals: decimals)
                + (predictions.isSignificant ? "" : ", no measurable change")
            lines.append("predictions agree on \(change(predictions.agreement))")
        }
        lines.append(
            "negative log-likelihood \(Format.number(before.negativeLogLikelihood)) → "
                + "\(Format.number(after.negativeLogLikelihood)) nats")
        return lines
    }

    private var timeLines: [String] {
        let timing = evaluation.timing
        let parts: [(String, Double?)] = [
            ("decompression", timing.decompression), ("inference before", timing.originalInference),
            ("after", timing.compressedInference), ("directly on encoded weights", timing.directInference),
        ]
        let known = parts.compactMap { name, seconds in seconds.map { "\(name) \(Format.seconds($0))" } }
        return known.isEmpty ? [] : [known.joined(separator: ", ")]
    }
}
