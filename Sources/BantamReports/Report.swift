// The report on a comparison: the content is put together once, then written as HTML or as Markdown.

import BantamEvaluator

/// A comparison of recipes, or the evaluation of one, as something to read.
///
/// The same comparison gives the same text, byte for byte: there is no date and no chance in it.
public struct Report: Sendable {
    /// What the report is about.
    public let comparison: Comparison

    /// A report on a comparison with at least one candidate or a curve. A single evaluation is a comparison with one,
    /// whose recipe may be empty.
    public init(_ comparison: Comparison) { self.comparison = comparison }

    /// One HTML file that needs nothing else: no network, no script to be read, light and dark, on paper.
    ///
    /// Tables of tensors are cut at ``tensorRowLimit`` rows a recipe, and say what they left out.
    public func html() -> String { HTMLRenderer().page(title: comparison.title, document) }

    /// The same content as GitHub-flavoured Markdown, with tables in place of the charts.
    public func markdown() -> String { MarkdownRenderer().text(document) }

    /// The most rows that a table of tensors has.
    public static let tensorRowLimit = 250

    /// The verdict of each recipe, in the order of the comparison.
    public var verdicts: [Verdict] { comparison.candidates.indices.map { Verdict(comparison, at: $0) } }

    /// Which recipe is worth it.
    public var recommendation: Recommendation { Recommendation(comparison) }

    /// Everything the report says.
    var document: [Block] {
        let curve = comparison.curve.map { CurveSection(curve: $0).blocks } ?? []
        guard let first = comparison.candidates.first else {
            return [.heading(level: 1, Prose(comparison.title), id: "top")]
                + (comparison.curve.map { curveOnly($0, curve) } ?? [.paragraph("Nothing was compared.")])
        }
        let recommendation = recommendation
        let isSingle = comparison.candidates.count == 1
        let open = recommendation.position ?? comparison.front.first ?? 0
        var blocks: [Block] = [
            .heading(level: 1, Prose(comparison.title), id: "top"),
            .paragraph(
                subject(
                    first.evaluation.original, tensors: first.evaluation.tensors.count,
                    elements: first.evaluation.elementCount), .note),
        ]
        blocks += verdictBlocks(recommendation)
        blocks += [
            .heading(level: 2, isSingle ? "Before and after" : "All recipes side by side", id: "recipes"),
            .table(recipeTable()),
        ]
        blocks += tradeOffBlocks() + curve
        blocks.append(.heading(level: 2, isSingle ? "In detail" : "Recipe by recipe", id: "details"))
        for (position, candidate) in comparison.candidates.enumerated() {
            let recipe = RecipeSection(candidate: candidate)
            blocks.append(
                .details(
                    summary: "\(name: candidate.name) \(recipe.subtitle)", open: position == open,
                    recipe.blocks))
        }
        return blocks + glossaryBlocks() + reproductionBlocks()
    }

    /// A report without recipes.
    private func curveOnly(_ curve: RateDistortionCurve, _ blocks: [Block]) -> [Block] {
        [
            .paragraph(
                subject(curve.original, tensors: curve.tensorCount, elements: curve.elementCount), .note)
        ] + blocks + glossaryBlocks() + reproductionBlocks()
    }

    private func subject(_ original: MeasuredFile, tensors: Int, elements: Int) -> Prose {
        var text: Prose =
            """
            Original: \(name: original.path), \(Format.bytes(original.byteCount)) \
            (\(Format.count(original.byteCount, "byte"))), \(Format.count(tensors, "tensor")), \
            \(Format.count(elements, "weight")).
            """
        if let metrics = original.metrics {
            let decimals = Format.percentDecimals(samples: metrics.sampleCount)
            text +=
                """
                 It predicts \(Format.percent(metrics.accuracy, decimals: decimals)) of \
                \(Format.count(metrics.sampleCount, "sample")) right.
                """
        }
        return text
    }

    private func verdictBlocks(_ recommendation: Recommendation) -> [Block] {
        [
            .heading(level: 2, comparison.candidates.count == 1 ? "Verdict" : "Verdicts", id: "verdict")
        ] + recommendation.sentences.enumerated().map { .paragraph($1, $0 == 0 ? .lead : .normal) } + [
            .verdicts(
                verdicts.enumerated().map { position, verdict in
                    VerdictLine(
                        name: verdict.name,
                        ratio: Format.ratio(comparison.candidates[position].evaluation.ratio),
                        badge: verdict.savedBytes > 0 ? verdict.outcome.badge : sizeBadge(verdict),
                        tone: verdict.savedBytes > 0 ? verdict.outcome.tone : .bad,
                        isRecommended: position == recommendation.position, sentences: verdict.statement)
                })
        ]
    }

    private func sizeBadge(_ verdict: Verdict) -> String {
        verdict.savedBytes < 0 ? "▲ larger than the original" : "= no smaller"
    }

    private func reproductionBlocks() -> [Block] {
        var blocks: [Block] = [.heading(level: 2, "To make this report again", id: "reproduce")]
        if !comparison.command.isEmpty { blocks.append(.code(comparison.command, language: "sh")) }
        for candidate in comparison.candidates where !candidate.recipe.isEmpty {
            blocks.append(.heading(level: 3, "Recipe \(name: candidate.name)", id: ""))
            blocks.append(.code(candidate.recipe, language: "yaml"))
        }
        return blocks
    }

    private func glossaryBlocks() -> [Block] {
        [
            .heading(level: 2, "What the figures mean", id: "glossary"),
            .list([
                """
                \(strong: "Sizes") are bytes on disk, everything counted; 1 KB = 1000 B. \
                \(strong: "Ratio") is original bytes over compressed bytes, \
                \(strong: "bits per weight") 8 × stored bytes over original weights.
                """,
                """
                \(strong: "SQNR"), signal to quantization noise, is 10 log₁₀(Σx² / Σ(x−x̂)²) in dB \
                over original weights x and restored weights x̂: 20 dB is a relative error of 0.1, \
                40 dB of 0.01, ∞ means that nothing was lost.
                """,
                """
                \(strong: "Relative error") is ‖x−x̂‖ / ‖x‖. \(strong: "Max abs error") and \
                \(strong: "RMSE") have the unit of the weights. \(strong: "Cosine") is the cosine \
                of the angle between x and x̂. \(strong: "Sparsity") is the fraction of zeros. \
                \(strong: "KL divergence") compares the histograms of the weights before and after, \
                in nats; 0 means equal.
                """,
                """
                The \(strong: "95 % interval") of the change in accuracy comes from the predictions \
                of both on the same samples. Where it contains zero, the change is no more than \
                chance would give: no \(strong: "measurable") loss, which is not a proof that there \
                is none.
                """,
                """
                A recipe is on the \(strong: "Pareto front") if no other is both as small and as \
                good, and better in one of the two.
                """,
                "Seconds were measured on one machine; compare them within this report only.",
            ]),
        ]
    }
}
