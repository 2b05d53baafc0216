// The evaluation as JSON for scripts and continuous integration. The keys are a contract: they are added,
// never renamed.

import BantamLoaders
import BantamTensors

extension Evaluation {
    /// The evaluation as JSON: keys in snake case and a fixed order, sizes in bytes, times in seconds, accuracy
    /// and sparsity as fractions, divergence and likelihood in nats.
    ///
    /// A figure that is not a finite number is `null`: `sqnr_db` where nothing was lost, which `exact` says,
    /// or an error beyond all bounds. So are parts that were not measured.
    public func json() -> JSON { .object(members) }

    /// The members of the JSON object, for objects that add to them.
    var members: [JSON.Member] {
        [
            .init("bantam", .string("1")),
            .init(
                "original",
                .object([
                    .init("file", .string(original.path)), .init("bytes", .integer(original.byteCount)),
                    .init("metrics", original.metrics?.json() ?? .null),
                ])),
            .init(
                "compressed",
                .object([
                    .init("file", .string(compressed.path)), .init("bytes", .integer(compressed.byteCount)),
                    .init("ratio", .number(ratio)), .init("bits_per_weight", .number(bitsPerWeight)),
                    .init("metrics", compressed.metrics?.json() ?? .null),
                ])),
            .init("elements", .integer(elementCount)),
            .init("totals", .object(totals.members)),
            .init("predictions", predictions?.json() ?? .null),
            .init("timing", timing.json()),
            .init("tensors", .array(tensors.map { $0.json() })),
        ]
    }
}

extension ReconstructionError {
    fileprivate var members: [JSON.Member] {
        [
            .init("exact", .bool(isExact)), .init("sqnr_db", .number(sqnr)),
            .init("relative_error", .number(relativeError)), .init("max_abs_error", .number(maxAbsError)),
            .init("cosine", .number(cosine)), .init("rmse", .number(rmse)),
        ]
    }
}

extension TensorEvaluation {
    fileprivate func json() -> JSON {
        let head: [JSON.Member] = [
            .init("name", .string(name)), .init("dtype", .string(dtype.rawValue)),
            .init("shape", .array(shape.axes.map(JSON.integer))), .init("encoding", .string(encoding)),
            .init("original_bytes", .integer(originalByteCount)), .init("bytes", .integer(byteCount)),
            .init("bits_per_weight", .number(bitsPerWeight)),
        ]
        let tail: [JSON.Member] = [
            .init("sparsity", .number(sparsity)), .init("original_sparsity", .number(originalSparsity)),
            .init("non_finite", .integer(nonFiniteCount)),
            .init("kl_divergence", histogram.map { .number($0.klDivergence) } ?? .null),
            .init("histogram", histogram?.json() ?? .null), .init("spectrum", spectrum?.json() ?? .null),
        ]
        return .object(head + error.members + tail)
    }
}

extension PairedHistogram {
    fileprivate func json() -> JSON {
        .object([
            .init("low", .number(range.lowerBound)), .init("high", .number(range.upperBound)),
            .init("before", .array(before.map(JSON.integer))),
            .init("after", .array(after.map(JSON.integer))),
        ])
    }
}

extension Spectrum {
    fileprivate func json() -> JSON {
        .object([
            .init("rank", .integer(rank)), .init("singular_values", .array(singularValues.map(JSON.number))),
        ])
    }
}

extension ClassificationMetrics {
    fileprivate func json() -> JSON {
        .object([
            .init("samples", .integer(sampleCount)), .init("accuracy", .number(accuracy)),
            .init("top5", top5Accuracy.map(JSON.number) ?? .null),
            .init("nll", .number(negativeLogLikelihood)),
            .init("macro_f1", .number(macroF1)),
            .init(
                "classes",
                .array(
                    classes.enumerated().map { label, figures in
                        .object([
                            .init("label", .integer(label)), .init("support", .integer(figures.support)),
                            .init("precision", .number(figures.precision)),
                            .init("recall", .number(figures.recall)), .init("f1", .number(figures.f1)),
                        ])
                    })),
            .init("confusion", .array(confusion.map { .array($0.map(JSON.integer)) })),
        ])
    }
}

extension PairedPredictions {
    func json() -> JSON {
        .object([
            .init("samples", .integer(sampleCount)), .init("agreement", .number(agreement)),
            .init("accuracy_change", .number(accuracyChange)),
            .init("interval", .array([.number(interval.lowerBound), .number(interval.upperBound)])),
            .init("confidence", .number(0.95)), .init("significant", .bool(isSignificant)),
            .init("only_original_correct", .integer(onlyOriginalCorrect)),
            .init("only_compressed_correct", .integer(onlyCompressedCorrect)),
        ])
    }
}

extension Timing {
    fileprivate func json() -> JSON {
        .object([
            .init("decompression_seconds", decompression.map(JSON.number) ?? .null),
            .init("original_inference_seconds", originalInference.map(JSON.number) ?? .null),
            .init("compressed_inference_seconds", compressedInference.map(JSON.number) ?? .null),
            .init("direct_inference_seconds", directInference.map(JSON.number) ?? .null),
        ])
    }
}

extension Comparison {
    /// The comparison as JSON: `title`, `command`, the names on the Pareto front under `pareto`, under `candidates`
    /// every evaluation with its name, recipe, notes and seconds a pass, and the `curve` or `null`; see
    /// ``Evaluation/json()`` and ``RateDistortionCurve/json()``.
    public func json() -> JSON {
        let front = paretoFront
        return .object([
            .init("bantam", .string("1")), .init("title", .string(title)), .init("command", .string(command)),
            .init("pareto", .array(front.map { .string(candidates[$0].name) })),
            .init(
                "candidates",
                .array(
                    candidates.enumerated().map { index, candidate in
                        let head: [JSON.Member] = [
                            .init("name", .string(candidate.name)),
                            .init("recipe", .string(candidate.recipe)),
                            .init("on_pareto_front", .bool(front.contains(index))),
                            .init("notes", .array(candidate.notes.map(JSON.string))),
                            .init(
                                "pass_seconds",
                                .array(
                                    candidate.passSeconds.map {
                                        .object([
                                            .init("pass", .string($0.pass)),
                                            .init("seconds", .number($0.seconds)),
                                        ])
                                    })),
                        ]
                        return .object(head + candidate.evaluation.members)
                    })), .init("curve", curve?.json() ?? .null),
        ])
    }
}
