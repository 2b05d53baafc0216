// The sentence that a person reads first: computed from the figures, in plain words, and honest.

import BantamEvaluator

/// What one recipe gained and what it cost.
public struct Verdict: Sendable {
    /// What became of the quality.
    public enum Outcome: Sendable, Equatable {
        /// Every compared value is what it was.
        case identical
        /// The change in accuracy is no more than chance.
        case noMeasurableLoss
        /// Accuracy fell by more than chance.
        case accuracyLost
        /// Accuracy rose by more than chance.
        case accuracyGained
        /// Accuracy is known for both, but not from the same samples: chance cannot be told apart.
        case notPaired
        /// There is no accuracy, only the reconstruction error.
        case notMeasured
    }

    /// The recipe's name.
    public var name: String
    /// What became of the quality.
    public var outcome: Outcome
    /// Original bytes minus compressed bytes; negative for a file that grew.
    public var savedBytes: Int
    /// `6.12× smaller (33.0 KB of 202 KB)`.
    public var size: Prose
    /// `accuracy 97.2 % → 97.0 % (−0.2 points, 95 % interval −0.9 … +0.5: no measurable loss)`.
    public var quality: Prose
    /// What else has to be said: too few samples to be sure, beaten by another recipe.
    public var remarks: [Prose]

    /// The verdict as one line of prose, starting with the recipe's name.
    public var sentence: Prose { "\(name: name): \(statement)" }

    /// The verdict without the name.
    var statement: Prose {
        var text: Prose = "\(size); \(quality)."
        for remark in remarks { text += " \(remark)" }
        return text
    }

    /// The verdict of a recipe among others; `comparison` is needed to say which recipes beat it.
    /// `position` is that of one of its candidates.
    public init(_ comparison: Comparison, at position: Int) {
        let candidate = comparison.candidates[position]
        let evaluation = candidate.evaluation
        name = candidate.name
        outcome = Verdict.outcome(of: evaluation)
        savedBytes = evaluation.original.byteCount - evaluation.compressed.byteCount
        size = Verdict.size(of: evaluation)
        quality = Verdict.quality(of: evaluation, outcome)
        remarks = []
        let uncompared = evaluation.tensors.filter { $0.error.count == 0 && $0.shape.elementCount > 0 }
        if outcome == .identical, !uncompared.isEmpty {
            remarks.append("Not compared: \(Format.count(uncompared.count, "tensor")).")
        }
        if outcome == .noMeasurableLoss, let predictions = evaluation.predictions,
            predictions.interval.lowerBound < -0.01
        {
            let samples = Format.count(predictions.sampleCount, "sample")
            let points = Format.fixed(-100 * predictions.interval.lowerBound, 1)
            remarks.append("With \(samples) a loss of up to \(points) points cannot be ruled out.")
        }
        if let winner = comparison.winner(over: position) {
            remarks.append(
                "Beaten by \(name: comparison.candidates[winner].name), which is "
                    + Prose(Verdict.advantage(comparison, of: winner, over: position)) + ".")
        }
    }

    private static func outcome(of evaluation: Evaluation) -> Outcome {
        let isIdentical =
            evaluation.totals.count > 0 && evaluation.totals.isExact
            && evaluation.tensors.allSatisfy(\.error.isExact)
        if let predictions = evaluation.predictions, predictions.sampleCount > 0 {
            if isIdentical && predictions.accuracyChange == 0 { return .identical }
            guard predictions.isSignificant else { return .noMeasurableLoss }
            return predictions.accuracyChange < 0 ? .accuracyLost : .accuracyGained
        }
        if isIdentical { return .identical }
        return evaluation.accuracies == nil ? .notMeasured : .notPaired
    }

    private static func size(of evaluation: Evaluation) -> Prose {
        let (before, after) = (evaluation.original.byteCount, evaluation.compressed.byteCount)
        let ratio = Format.ratio(evaluation.ratio)
        if after < before {
            return "\(strong: "\(ratio) smaller") (\(Format.bytes(after)) of \(Format.bytes(before)))"
        }
        if after == before { return "\(strong: "the same size") (\(Format.bytes(before)))" }
        let more = Format.bytes(after - before)
        return
            """
            \(strong: "larger than the original") by \(more): \(Format.bytes(after)) instead of \
            \(Format.bytes(before)) (\(ratio))
            """
    }

    private static func quality(of evaluation: Evaluation, _ outcome: Outcome) -> Prose {
        let error: Prose =
            """
            SQNR \(Format.decibels(evaluation.totals.sqnr)), relative error \
            \(Format.number(evaluation.totals.relativeError))
            """
        guard let (before, after, samples) = evaluation.accuracies else {
            if outcome == .identical { return "every value is \(strong: "exactly") what it was" }
            if evaluation.totals.count == 0 { return "\(strong: "nothing was compared")" }
            return "\(strong: "accuracy was not measured"), \(error)"
        }
        let decimals = Format.percentDecimals(samples: samples)
        let change: Prose =
            """
            accuracy \(Format.percent(before, decimals: decimals)) → \
            \(Format.percent(after, decimals: decimals))
            """
        guard let predictions = evaluation.predictions, predictions.sampleCount > 0 else {
            return
                """
                \(change) (\(Format.points(after - before, decimals: decimals)) points, not from \
                paired predictions, so chance cannot be told apart)
                """
        }
        if outcome == .identical { return "every value is exactly what it was, \(change)" }
        let points = Format.points(predictions.accuracyChange, decimals: decimals)
        let interval = Format.points(predictions.interval, decimals: decimals)
        let judgement =
            switch outcome {
            case .accuracyLost: "a real loss, more than chance"
            case .accuracyGained: "a real gain, more than chance"
            default: predictions.accuracyChange < 0 ? "no measurable loss" : "no measurable change"
            }
        return "\(change) (\(points) points, 95 % interval \(interval): \(strong: judgement))"
    }

    private static func advantage(_ comparison: Comparison, of winner: Int, over loser: Int) -> String {
        let (a, b) = (comparison.candidates[winner].evaluation, comparison.candidates[loser].evaluation)
        let isSmaller = a.compressed.byteCount < b.compressed.byteCount
        let measure = comparison.measuresAccuracy ? "accurate" : "exact (by SQNR)"
        let isBetter = comparison.quality(at: winner) > comparison.quality(at: loser)
        return switch (isSmaller, isBetter) {
        case (true, true): "smaller and more \(measure)"
        case (true, false): "smaller and as \(measure)"
        default: "as small and more \(measure)"
        }
    }
}

extension Verdict.Outcome {
    /// The outcome in two or three words.
    var badge: String {
        switch self {
        case .identical: "= unchanged values"
        case .noMeasurableLoss: "✓ no measurable loss"
        case .accuracyLost: "▼ accuracy lost"
        case .accuracyGained: "▲ accuracy gained"
        case .notPaired: "? not paired"
        case .notMeasured: "? accuracy not measured"
        }
    }

    /// Whether quality was kept as far as anybody can tell.
    var isHarmless: Bool { [.identical, .noMeasurableLoss, .accuracyGained].contains(self) }

    var tone: Tone {
        switch self {
        case .identical, .noMeasurableLoss, .accuracyGained: .good
        case .accuracyLost: .bad
        case .notPaired, .notMeasured: .neutral
        }
    }
}
