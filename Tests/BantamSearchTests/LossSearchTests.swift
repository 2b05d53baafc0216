import BantamArchive
import BantamEvaluator
import BantamLoaders
import BantamRecipes
import BantamSearch
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@Suite struct LossSearchTests {
    /// Margins spread evenly over 0 to 1, in an order that has nothing to do with the halves.
    private let margins: [Float] = (0..<800).map { (index: Int) -> Float in
        let position = (index * 331 + 17) % 800 + 1
        return Float(position) / 800
    }

    private func result(
        _ margins: [Float], _ bound: String, seed: UInt64 = 0, threads: Int = 2
    ) throws -> LossSearchResult {
        let model = try OneHot(margins: margins)
        return try withTemporaryFolder { folder in
            let search = try LossSearch(
                of: model.weights, network: model.network, data: model.data, bound: LossBound(bound),
                seed: seed, workers: Workers(threads))
            let result = try search.run(triedBeside: folder.appendingPathComponent("out").path)
            // Trials have no names.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            return result
        }
    }

    @Test(arguments: [UInt64(0), 1, 2, 3]) func theStepIsAsLargeAsThePromiseAllows(seed: UInt64) throws {
        let result = try result(margins, "accuracy=10%", seed: seed)
        #expect(!result.isLossless && result.isKept == (result.report.loss <= 0.1))
        // The whole curve is known: 10 % less what chance may do to 400 samples (1.28 · √(0.1 · 0.9 / 400) = 1.9 %), a
        // grid of 4 % and the spread of the neighbours.
        #expect((0.05...0.1).contains(result.search.loss))
        #expect((0.03...0.12).contains(result.report.loss))
        #expect(result.report.interval.contains(result.report.loss))
        // What the recipe makes loses just what the closed form says.
        let recipe = try result.recipe()
        #expect(recipe.text == result.recipeText)
        let numbers = recipe.text.matches(of: /step: ([0-9.e-]+), dead-zone: ([0-9.]+)/)
        let step = try #require(numbers.first.flatMap { Float($0.1) })
        let deadZone = try #require(numbers.first.flatMap { Float($0.2) })
        let lost = margins.count { $0 / step + (1 - deadZone) < 1 }
        let counted =
            result.search.loss * Double(result.search.sampleCount)
            + result.report.loss * Double(result.report.sampleCount)
        #expect(abs(counted - Double(lost)) < 1e-6)
    }

    @Test func otherHalvesKeepThePromiseMostly() throws {
        let kept = try (0..<10).count { try result(margins, "accuracy=10%", seed: UInt64($0)).isKept }
        #expect(kept >= 8)
    }

    @Test func theSizeIsThatOfTheFile() throws {
        let model = try OneHot(margins: margins)
        let result = try result(margins, "accuracy=10%")
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("small.safetensors").path
            let compression = try Compression(
                Plan(result.recipe(), for: model.weights), of: model.weights,
                to: OutputFile(path, overwriting: false))
            #expect(compression.byteCount == result.byteCount)
            #expect(try CompressedFile(path).entries == model.weights.entries)
        }
    }

    @Test func theResultDoesNotDependOnThreads() throws {
        let one = try result(margins, "accuracy=5%", threads: 1)
        let four = try result(margins, "accuracy=5%", threads: 4)
        #expect(one.json == four.json)
        #expect(one.json["recipe"]?.stringValue == one.recipeText)
        #expect(one.json["paths"]?.arrayValue?.count == one.paths.count)
    }

    @Test func anotherHalfThatLosesMoreBreaksThePromise() throws {
        // Samples that the search does not see hang by a thread.
        let split = SampleSplit(labels: [Int](repeating: 1, count: 200))
        var margins = [Float](repeating: 1, count: 200)
        for (index, sample) in split.search.enumerated() { margins[sample] = 1 + Float(index) / 128 }
        for (index, sample) in split.report.enumerated() { margins[sample] = 0.02 + Float(index) / 8192 }
        let result = try result(margins, "accuracy=1%")
        #expect(result.search.loss == 0)
        #expect(result.report.loss == 1)
        #expect(!result.isKept && !result.isProven)
    }

    @Test func whereEveryStepCostsTooMuchNothingIsLost() throws {
        // Margins so small beside one large weight that the finest step loses all of them.
        var margins = [Float](repeating: 1e-6, count: 100)
        margins[50] = 1
        let result = try result(margins, "accuracy=0.5%")
        #expect(result.isLossless && result.isKept)
        // What is taken of a way to hold the weights is to leave them as they are.
        #expect(result.paths.allSatisfy { ($0.byteCount ?? .max) >= result.byteCount && !$0.points.isEmpty })
        #expect(result.report.loss == 0)
    }

    @Test func likelihoodsAndAgreementBoundALossToo() throws {
        let likelihood = try result(margins, "nll=1%")
        #expect(likelihood.isKept && !likelihood.isLossless)
        #expect(
            abs(likelihood.report.compressed - likelihood.report.original - likelihood.report.loss) < 1e-12)
        #expect(likelihood.report.loss <= 0.01 * likelihood.report.original)
        let agreement = try result(margins, "agreement=10%")
        #expect(agreement.report.original == 1)
        #expect(agreement.isKept && (0.03...0.1).contains(agreement.report.loss))
    }

    @Test func dataThatCannotBeSplitAreRefused() throws {
        let error = bantamError { _ = try result([Float](repeating: 1, count: 19), "accuracy=1%") }
        #expect(error?.kind == .insufficientData)
        #expect(
            error?.description == """
                data: expected at least 20 samples, half of them to search with and half to report on, found 19
                """)
    }

    @Test func topFiveOfTwoClassesIsRefused() throws {
        let error = bantamError { _ = try result(margins, "top5=1%") }
        #expect(error?.message == "expected more than five classes for top5, found 2")
    }
}
