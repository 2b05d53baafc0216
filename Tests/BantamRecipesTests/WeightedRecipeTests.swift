import BantamArchive
import BantamLoaders
import BantamRecipes
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// A rule of its own for each tensor of a budget.
@Suite struct WeightedRecipeTests {
    private let model: BudgetTests.Model
    init() throws { model = try BudgetTests.model() }

    private func bytes(_ recipe: Recipe) throws -> Data {
        try withTemporaryFolder { (folder: URL) throws in
            let url = folder.appendingPathComponent("small.safetensors")
            _ = try Compression(
                Plan(recipe, for: model), of: model, to: OutputFile(url.path, overwriting: false))
            return try Data(contentsOf: url)
        }
    }

    /// With the weights that the rules give anyway, nothing changes but the text.
    @Test(arguments: [
        "budget: {step: 0.3, states: 8}",
        "budget: {step: 0.3, states: 8}\nrules: []\ncoding: none\n",
        "coding: none\nrules:\n- match: 'a.*'\n  keep: true\nbudget: {step: 0.3, states: 8}\n",
        """
        # Mine.
        budget:
          bpw: 3
          states: 8
        rules:
          # The first.
          - match: ["b*", "c.weight"]   # two
            passes:
              - prune: {sparsity: 0.7, scope: global}
              - quantize: {weight: 2.5, non-finite: keep}
        # Not yet the end.
          - match: ids
            keep: true
          - match: a.weight
            passes: [{prune: {threshold: 0.3}}, {quantize: {weight: 7}}]

        # What remains.
        optimize: speed
        """,
        """
        budget: {step: 0.3, trained: 0.2, states: 8}
        rules:
            - match: "a.weight"
              passes:
                - prune: 0.33
                - quantize: {weight: 1}

            - match: "a.bias"
              passes: [{quantize: bf16}]
            - otherwise: keep
        """,
    ])
    func theSameWeightsGiveTheSameBytes(_ yaml: String) throws {
        let recipe = try Recipe(yaml: yaml, file: "test")
        let weighted = try recipe.weighted(by: [:], for: model, comment: "All the same.")
        #expect(weighted.text.hasPrefix("# All the same.\n"))
        let (before, after) = try (Plan(recipe, for: model), Plan(weighted, for: model))
        #expect(before.entries.map(\.budgetWeight) == after.entries.map(\.budgetWeight))
        #expect(before.entries.map(\.steps.count) == after.entries.map(\.steps.count))
        // One rule, one tensor.
        let numbers = after.entries.filter { $0.budgetWeight != nil }.compactMap { $0.rule?.number }
        #expect(!numbers.isEmpty && Set(numbers).count == numbers.count)
        #expect(try bytes(recipe) == bytes(weighted))
    }

    @Test func eachTensorGetsItsWeight() throws {
        let recipe = try Recipe(yaml: "name: mine\nbudget: {bpw: 3, states: 8}", file: "test")
        let weighted = try recipe.weighted(by: [0: 4, 3: 0.125], for: model, comment: "Two.")
        #expect(
            weighted.text == """
                # Two.
                name: mine
                budget: {bpw: 3, states: 8}
                rules:
                  - match: "a.weight"
                    passes:
                      - quantize: {weight: 4.0}
                  - match: "b.weight"
                    passes:
                      - quantize: {weight: 1.0}
                  - match: "c.weight"
                    passes:
                      - quantize: {weight: 0.125}

                """)
        let outcomes = try Estimate(Plan(weighted, for: model), of: model).outcomes
        #expect(outcomes.map(\.weight) == [4, nil, 1, 0.125, nil])
        let steps = outcomes.compactMap(\.step)
        #expect(steps[0] == steps[1] * 0.5 && abs(steps[2] / steps[1] - 2.828427) < 1e-5)
    }

    @Test(arguments: [
        "budget: {bpw: 3}\nrules: [{match: 'a*', keep: true}]\n",
        "{budget: {bpw: 3}, rules: [{match: 'a*', keep: true}]}",
        "budget: {bpw: 3}\nrules:\n  -\n    match: 'a*'\n    keep: true\n",
        "budget: {bpw: 3}\nrules: [ ]\n",
    ])
    func rulesThatShareLinesAreRefused(_ yaml: String) throws {
        let recipe = try Recipe(yaml: yaml, file: "mine.yaml")
        let error = bantamError { _ = try recipe.weighted(by: [:], for: model, comment: "") }
        #expect(error?.kind == .invalidArgument && error?.file == "mine.yaml")
        #expect(error?.message.hasPrefix("expected each rule to begin on a line of its own") == true)
    }
}
