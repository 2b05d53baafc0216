// Which recipe is worth it, if any.

import BantamEvaluator

/// The advice that follows from all verdicts together.
public struct Recommendation: Sendable {
    /// The position of the recipe to take; `nil` if none can be recommended, as without accuracy.
    public var position: Int?
    /// The reasons, the most important first.
    public var sentences: [Prose]

    /// The most that may be lost for "within half a point"; the slack is for the rounding of 0.005.
    private static let halfPoint = -0.005 - 1e-12

    /// Weighs the candidates of a comparison.
    public init(_ comparison: Comparison) {
        let candidates = comparison.candidates
        let verdicts = candidates.indices.map { Verdict(comparison, at: $0) }
        let smaller = candidates.indices.filter { verdicts[$0].savedBytes > 0 }
            .sorted {
                candidates[$0].evaluation.compressed.byteCount
                    < candidates[$1].evaluation.compressed.byteCount
            }
        func named(_ position: Int) -> Prose {
            "\(name: candidates[position].name) (\(Format.ratio(candidates[position].evaluation.ratio)))"
        }
        sentences = []

        guard !smaller.isEmpty else {
            sentences = [
                candidates.count == 1
                    ? "\(strong: "Not worth it"): the file did not become smaller."
                    : "\(strong: "None is worth it"): no recipe made the file smaller."
            ]
            return
        }
        let harmless = smaller.first { verdicts[$0].outcome.isHarmless }
        if comparison.measuresAccuracy {
            position = harmless
            let within = smaller.first { position in
                let evaluation = candidates[position].evaluation
                guard let (before, after, _) = evaluation.accuracies else { return false }
                return (evaluation.predictions?.accuracyChange ?? after - before) >= Self.halfPoint
            }
            sentences = Self.byAccuracy(harmless, within, isSingle: candidates.count == 1, named)
            position = position ?? within
        } else {
            let close = smaller.first { candidates[$0].evaluation.totals.sqnr >= 40 }
            sentences = [
                """
                \(strong: "Accuracy was not measured"): only the error of the weights speaks here, \
                and it cannot say what a network loses. Give a network and data to find out.
                """
            ]
            if let close {
                let error = candidates[close].evaluation.totals
                sentences.append(
                    """
                    The smallest with a relative error of at most 0.01 (SQNR of at least 40 dB) is \
                    \(named(close)) at \(Format.decibels(error.sqnr)).
                    """
                )
            } else {
                sentences.append(
                    "No recipe that made the file smaller stays within a relative error of 0.01 (40 dB).")
            }
            if let harmless, harmless != close {
                sentences.append("The smallest that keeps every value as it was is \(named(harmless)).")
            }
        }
        let larger = candidates.indices.filter { verdicts[$0].savedBytes < 0 }
        if !larger.isEmpty {
            let names = larger.map { Prose(name: candidates[$0].name) }.listed()
            sentences.append("\(strong: "Larger than the original"): \(names).")
        }
        let front = comparison.front.map { Prose(name: candidates[$0].name) }
        if candidates.count > 1, !front.isEmpty {
            let measure = comparison.measuresAccuracy ? "accurate" : "exact"
            sentences.append(
                "On the Pareto front (no other is both as small and as \(measure)): \(front.listed()).")
        }
    }

    private static func byAccuracy(
        _ harmless: Int?, _ within: Int?, isSingle: Bool, _ named: (Int) -> Prose
    ) -> [Prose] {
        if isSingle {
            if harmless != nil {
                return ["\(strong: "Worth it"): smaller, and no measurable loss of accuracy."]
            }
            if within != nil {
                return [
                    """
                    \(strong: "Worth it if half a point may be lost"): at most 0.5 points of \
                    accuracy were lost, though not shown to be chance.
                    """
                ]
            }
            return [
                """
                \(strong: "Only worth it if size counts more than accuracy"): more than 0.5 points \
                of it were lost.
                """
            ]
        }
        var sentences: [Prose] = []
        switch (harmless, within) {
        case (let harmless?, let within?) where harmless == within:
            sentences.append(
                """
                \(strong: "Take") \(named(harmless)): the smallest without measurable loss, and the \
                smallest within 0.5 points of the original's accuracy.
                """
            )
        case (let harmless?, _):
            sentences.append(
                "\(strong: "Take") \(named(harmless)): the smallest without measurable loss of accuracy.")
            if let within {
                sentences.append(
                    "The smallest within 0.5 points of the original's accuracy is \(named(within)).")
            } else {
                sentences.append(
                    """
                    No smaller file stays within 0.5 points of the original's accuracy by the \
                    figure itself; the samples are too few to call the loss real.
                    """
                )
            }
        case (nil, let within?):
            sentences.append(
                """
                \(strong: "Every smaller file lost accuracy") by more than chance. The smallest \
                within 0.5 points is \(named(within)).
                """
            )
        case (nil, nil):
            sentences.append("\(strong: "Every smaller file lost more than 0.5 points") of accuracy.")
        }
        return sentences
    }
}
