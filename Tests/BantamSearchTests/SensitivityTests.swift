import BantamArchive
import BantamInference
import BantamLoaders
import BantamRecipes
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamSearch

@Suite struct SensitivityTests {
    private func recipe(_ yaml: String) throws -> Recipe { try Recipe(yaml: yaml, file: "recipe.yaml") }

    private let budget = "budget: {bpw: 7, states: 8}\ncoding: none\n"

    private func search(
        _ layers: OrthogonalLayers, _ yaml: String, trials: Int = 2, threads: Int = 2
    ) throws -> SensitivitySearch {
        var search = try SensitivitySearch(
            of: layers.weights, recipe: recipe(yaml), network: layers.network, data: layers.data,
            workers: Workers(threads))
        search.trialCount = trials
        return search
    }

    private func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        try withTemporaryFolder { (folder: URL) throws in
            let result = try body(folder.appendingPathComponent("out").path)
            // Trials have no names.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            return result
        }
    }

    @Test(arguments: [(1, 1), (1, 4), (3, 0.5)] as [(Float, Float)])
    func anErrorCostsWhatTheOtherLayerMakesOfIt(_ first: Float, _ second: Float) throws {
        let layers = try OrthogonalLayers(first: first, second: second)
        let search = try search(layers, budget)
        let errors = try inFolder { try search.errors(of: recipe(budget), beside: $0) }
        let costs = errors.alone.map { $0.cost ?? 0 }
        #expect(abs(costs[0] / Double(second * second) - 1) < 1e-3)
        #expect(abs(costs[1] / Double(first * first) - 1) < 1e-3)
    }

    @Test func weightsGoHalfWayToTheCosts() throws {
        let layers = try OrthogonalLayers(first: 1, second: 8)
        let result = try inFolder { try search(layers, budget, trials: 5).run(triedBeside: $0) }
        // Costs are 64 and 1 in every trial, so after n of them the weights' quotient is 64^(1 − 2⁻ⁿ).
        #expect(result.chosen > 0 && result.errors.count == 5)
        let expected = 6 * (1 - Foundation.pow(0.5, Double(result.chosen)))
        #expect(abs(log2(result.weights[0].weight / result.weights[1].weight) - expected) < 0.03)
        #expect(abs(result.weights[0].weight * result.weights[1].weight - 1) < 0.02)
        // What both errors add is then the same. At high rates their product follows from the bits alone, so they add 2·8
        // instead of 1 + 64 of those with equal steps.
        #expect((0.2...0.3).contains(result.errors[result.chosen] / result.errors[0]))
        #expect(result.errors[result.chosen] == result.errors.min())
        #expect(result.sampleCount == 48 && result.dataCount == 48)
    }

    @Test func whatTheNetworkDoesNotUseCountsAsOne() throws {
        let unused = OrthogonalLayers.matrix(times: 1, seed: 7)
        let layers = try OrthogonalLayers(first: 1, second: 8, extra: [("unused", unused)])
        let result = try inFolder { try search(layers, budget).run(triedBeside: $0) }
        #expect(result.weights.map(\.tensor) == ["first", "second", "unused"])
        #expect(result.weights.map(\.use) == [.measured, .measured, .unused])
        #expect(result.weights[2].weight == 1)
        #expect(
            result.recipe.text.contains("match: \"unused\"\n    passes:\n      - quantize: {weight: 1.0}\n"))
    }

    @Test func whatDoesNotReachTheOutputsCountsAsOne() throws {
        var layers = try OrthogonalLayers(first: 1, second: 8)
        let size = OrthogonalLayers.size
        // Nothing goes in, so nothing comes out.
        let zeros = Tensor(.float32, [4, size], [Float](repeating: 0, count: 4 * size))
        layers = OrthogonalLayers(
            weights: layers.weights, data: MemoryFile(path: "data", tensors: [("inputs", zeros)]),
            network: layers.network)
        let result = try inFolder { try search(layers, budget).run(triedBeside: $0) }
        #expect(result.weights.allSatisfy { $0.use == .withoutEffect && $0.weight == 1 })
        #expect(result.errors == [0] && result.chosen == 0)
        #expect(result.recipe.text == budget)
    }

    @Test func theWeightsOfRulesCountBeside() throws {
        let layers = try OrthogonalLayers(first: 1, second: 8)
        let rules = budget + "rules:\n  - match: second\n    passes:\n      - quantize: {weight: 16}\n"
        let result = try inFolder { try search(layers, rules).run(triedBeside: $0) }
        let plan = try Plan(result.recipe, for: layers.weights)
        for (entry, weight) in zip(plan.entries, result.weights) {
            let rule = weight.tensor == "second" ? 16.0 : 1
            #expect(abs((entry.budgetWeight ?? 0) / (rule * weight.weight) - 1) < 0.01)
        }
    }

    @Test func tiedTensorsStayTied() throws {
        let first = OrthogonalLayers.matrix(times: 1, seed: 1)
        let layers = try OrthogonalLayers(first: 1, second: 8, extra: [("copy", first)])
        let result = try inFolder { try search(layers, budget).run(triedBeside: $0) }
        #expect(result.weights.map(\.tensor) == ["first", "copy", "second"])
        #expect(result.weights[0].weight == result.weights[1].weight && result.weights[1].use == .measured)
        try withTemporaryFolder { (folder: URL) throws in
            let compression = try Compression(
                Plan(result.recipe, for: layers.weights), of: layers.weights,
                to: OutputFile(folder.appendingPathComponent("small.safetensors").path, overwriting: false))
            #expect(compression.sharedByteCount > 500)
        }
    }

    @Test func theResultDoesNotDependOnThreads() throws {
        let layers = try OrthogonalLayers(first: 1, second: 8)
        let results = try [1, 4].map { threads in
            try inFolder { try search(layers, budget, threads: threads).run(triedBeside: $0) }
        }
        #expect(results[0].errors == results[1].errors)
        #expect(results[0].recipe.text == results[1].recipe.text)
    }

    @Test func costsAreRelativeToTheirMeanOverTheElements() {
        func errors(_ costs: [Double?]) -> [TensorErrors] {
            costs.map { $0.map { TensorErrors(put: 2, added: 2 * $0) } ?? TensorErrors(put: 1, added: 0) }
        }
        // Means of 16 and 1 are 4, and 2 where there are three times as many elements of 1; half way on a logarithmic scale
        // is the square root.
        #expect(
            SensitivityWeights.next(after: [1, 1, 1], errors([16, nil, 1]), counts: [5, 100, 5]) == [
                2, 1, 0.5,
            ])
        #expect(SensitivityWeights.next(after: [1, 1], errors([16, 1]), counts: [1, 3]) == [2.83, 0.707])
        #expect(SensitivityWeights.next(after: [4, 0.25], errors([16, 1]), counts: [5, 5]) == [4, 0.25])
        #expect(SensitivityWeights.next(after: [3, 1], errors([nil, nil]), counts: [5, 5]) == [3, 1])
        #expect(
            SensitivityWeights.next(after: [4000, 1], errors([1e12, 1e-12]), counts: [1, 1]) == [
                4000, 0.00025,
            ])
        #expect(TensorErrors(put: 0, added: 1).cost == nil && TensorErrors(put: 1, added: .nan).cost == nil)
    }

    @Test(arguments: [
        ("rules:\n  - otherwise: keep\n", "found none"),
        ("budget: {step: 0.1}\n", "found none"),
        ("budget: {sqnr: 20}\n", "found one of dB, which counts every error alike"),
    ])
    func otherRecipesAreRefused(_ yaml: String, _ message: String) throws {
        let layers = try OrthogonalLayers(first: 1, second: 1)
        let error = bantamError { _ = try search(layers, yaml) }
        #expect(error?.kind == .invalidArgument && error?.file == "recipe.yaml")
        #expect(
            error?.message
                == "expected a budget of bits per weight or size to measure weights for, \(message)")
    }

    @Test func dataThatSayNothingAreRefused() throws {
        let layers = try OrthogonalLayers(first: 1, second: 1)
        let size = OrthogonalLayers.size
        func error(_ count: Int, _ value: Float, _ yaml: String) -> BantamError? {
            let inputs = Tensor(.float32, [count, size], [Float](repeating: value, count: count * size))
            let other = OrthogonalLayers(
                weights: layers.weights, data: MemoryFile(path: "data", tensors: [("inputs", inputs)]),
                network: layers.network)
            return bantamError { _ = try search(other, yaml) }
        }
        #expect(error(0, 1, budget)?.kind == .insufficientData)
        #expect(
            error(1, .infinity, budget)?.description
                == "network: expected finite outputs to measure errors of, found NaN or infinity")
        #expect(
            error(1, 1, budget + "rules:\n  - match: [first, second]\n    keep: true\n")?.kind == .corruption)
    }
}

extension OrthogonalLayers {
    fileprivate init(weights: MemoryFile, data: MemoryFile, network: Network) {
        (self.weights, self.data, self.network) = (weights, data, network)
    }
}
