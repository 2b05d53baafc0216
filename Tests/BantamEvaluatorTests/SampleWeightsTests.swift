import BantamEvaluator
import BantamInference
import BantamLoaders
import Foundation
import Testing

/// The trained networks of this project: accuracies that their training printed, on the same test sets.
@Suite struct SampleWeightsTests {
    private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("SampleWeights")

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    @Test func bfloat16BesideFloat32() throws {
        let found = try Evaluator().evaluate(
            original: SafetensorsFile(path("digits-cnn/model.safetensors")),
            compressed: SafetensorsFile(path("digits-cnn/model-bf16.safetensors")),
            network: Network(contentsOf: path("digits-cnn/network.yaml")),
            data: NpzFile(path("digits-cnn/test.npz")))
        for file in [found.original, found.compressed] {
            let metrics = try #require(file.metrics)
            #expect(metrics.sampleCount == 599)
            #expect((metrics.accuracy * 1e4).rounded() == 9883)
            #expect(metrics.confusion.joined().reduce(0, +) == 599)
        }
        // Rounding to eight significant bits: at most 2⁻⁹ of each value, in the mean 2⁻⁹/√3 or so.
        #expect(found.totals.relativeError < 0x1p-9 && found.totals.relativeError > 0x1p-11)
        #expect(found.tensors.allSatisfy { $0.encoding == "bfloat16" && $0.bitsPerWeight == 16 })
        #expect(found.predictions?.isSignificant == false)
        #expect(try Requirement("accuracy>=-0.5%").check(found).holds)
    }

    @Test func wordsAsNpz() throws {
        let model = try NpzFile(path("package-sections/model.npz"))
        let found = try Evaluator(measuresTime: false).evaluate(
            original: model, compressed: model,
            network: Network(contentsOf: path("package-sections/network.yaml")),
            data: NpzFile(path("package-sections/test.npz")))
        let metrics = try #require(found.original.metrics)
        #expect(metrics.sampleCount == 2598 && metrics.classes.count == 10)
        #expect((metrics.accuracy * 1e4).rounded() == 7564)
        #expect(try #require(metrics.top5Accuracy) > metrics.accuracy)
        #expect(found.totals.isExact && found.predictions?.agreement == 1)
    }
}
