import BantamRecipes
import BantamTensors
import Testing

@testable import BantamSearch

@Suite struct StepRecipeTests {
    @Test(arguments: [
        "fc1.weight", "a*b", "[x]", "?", "re:.*", "quote\"and\\", "é\u{7}\n", "", "{a: b}", "!x",
    ])
    func aRuleMatchesItsTensorAlone(name: String) throws {
        let recipe = StepRecipe(
            tensors: [(name, .steps(0.25, deadZone: 0.6))], coding: "auto", optimize: "size", comment: "One.")
        let file = MemoryFile(
            tensors: [
                (name, Tensor(.float32, [1], [Float(1)])), ("other", Tensor(.float32, [1], [Float(1)])),
            ])
        let plan = try Plan(Recipe(yaml: recipe.text, file: "test"), for: file)
        #expect(plan.entries[0].steps.map(\.label) == ["round to steps of 0.25, dead zone 0.6"])
        #expect(plan.entries[1].steps.isEmpty)
    }

    @Test func theStrengthDoublesEverySixteenPoints() {
        #expect(StepTrials.strength(0) == 1)
        #expect(StepTrials.strength(-32) == 0.25)
        #expect(StepTrials.strength(48) == 8)
        for point in -20..<20 {
            let ratio = StepTrials.strength(point + 1) / StepTrials.strength(point)
            #expect(abs(ratio - 1.0442737824274138) < 1e-14)
        }
    }

    @Test func sharesFollowTheSquareRootOfElementsOverSensitivity() throws {
        let scales = [
            try TensorScale(Tensor(.float32, [4, 1], [Float(1), -1, 1, -1])),
            try TensorScale(Tensor(.float32, [2, 1], [Float(2), -2])),
        ]
        // Both rounded with step 1: the second adds eight times as much for half the elements.
        let allocation = try #require(StepAllocation(scales, errors: [(1, 1), (1, 8)]))
        let steps = allocation.steps(1).compactMap { $0 }
        #expect(abs(steps[0] / steps[1] - 4) < 0.05)
        // The squares sum up as those of the magnitudes: 4·1 + 2·4.
        #expect(abs(4 * steps[0] * steps[0] + 2 * steps[1] * steps[1] - 12) < 0.2)
        #expect(StepAllocation(scales, errors: [nil, nil]) == nil)
    }

    @Test func vectorsAreMeasuredAroundTheirMean() throws {
        let norm = try TensorScale(Tensor(.float32, [4], [Float(1.1), 0.9, 1.1, 0.9]))
        #expect(abs(try #require(norm).magnitude - 0.1) < 1e-6)
        let ones = try TensorScale(Tensor(.float32, [4], [Float(1), 1, 1, 1]))
        #expect(ones?.magnitude == 1)
        #expect(try TensorScale(Tensor(.float32, [2], [Float(0), 0])) == nil)
        #expect(try TensorScale(Tensor(.float32, [2], [Float.nan, 0])) == nil)
        #expect(try TensorScale(Tensor(.int32, [1], [Int32(1)])) == nil)
    }
}
