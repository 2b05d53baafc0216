// Why: schemes compare only if all else is equal, so they differ in one pass over the matrices and in nothing else.

import BantamEvaluator
import BantamRecipes

/// One way to hold the matrices of a model, for a rate–distortion curve.
struct CurveScheme: Sendable {
    /// What the scheme is called.
    var name: String
    /// How it spends its bits.
    var kind: RateDistortionCurve.Kind
    /// The pass over the matrices, as recipes write it.
    var pass: String

    /// The recipe: what a budget does to tensors that no rule matches, with this pass in place of the budget's. So floats
    /// of over 16 bits that are no matrix become float16, and the rest is kept.
    func recipe() throws -> Recipe {
        let matrices = try Recipe(
            yaml: """
                non-finite: keep
                rules:
                  - match: "*"
                    passes:
                      - \(pass)
                """, file: RecipeText.commandLine)
        var recipe = try CurveScheme.budgetRecipe()
        recipe.budget = nil
        recipe.rules[0].steps = matrices.rules[0].steps
        return recipe
    }

    /// A recipe with nothing but a budget, which says what counts as a matrix.
    static func budgetRecipe() throws -> Recipe {
        try Recipe(yaml: "budget: {sqnr: 30}\nnon-finite: keep", file: RecipeText.commandLine)
    }

    /// Rate–distortion quantization from 3 to 48 dB, which is about 0.5 to 8 bits, and what others do with 2 to 8 bits: the
    /// range of the codes is that of the least squared error wherever it matters.
    static let all =
        [3, 6, 9, 12, 18, 24, 30, 36, 42, 48].map { sqnr in
            CurveScheme(name: "\(sqnr) dB", kind: .rateDistortion, pass: "quantize: {sqnr: \(sqnr)}")
        }
        + [
            ("int2", "quantize: {bits: 2, granularity: channel, range: mse}"),
            ("int3", "quantize: {bits: 3, granularity: channel, range: mse}"),
            ("int4", "quantize: {bits: 4, granularity: channel, range: mse}"),
            ("int4 group:32", "quantize: {bits: 4, granularity: group:32, range: mse, scales: float16}"),
            ("nf4", "quantize: {bits: nf4, scales: float16}"),
            ("16 values", "palettize: {values: 16}"),
            ("int6", "quantize: {bits: 6, granularity: channel, range: mse}"),
            ("fp8", "quantize: {bits: e4m3}"),
            ("int8", "quantize: {bits: 8, granularity: channel}"),
        ].map { CurveScheme(name: $0.0, kind: .fixedWidth, pass: $0.1) }
}
