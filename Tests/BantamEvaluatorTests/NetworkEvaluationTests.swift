import BantamEncodings
import BantamEvaluator
import BantamInference
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// A network small enough to follow by hand, before and after its weights are changed.
@Suite struct NetworkEvaluationTests {
    private let yaml = """
        input: [2]
        layers:
          - linear: {weight: w, bias: b}
        task: classification
        """

    private func tensor(_ values: [Float], _ shape: Shape) -> Tensor { Tensor(.float32, shape, values) }

    private func data(_ labels: [Int64] = [0, 1, 0, 1]) -> MemoryFile {
        MemoryFile(
            "data",
            [
                ("inputs", tensor([2, 1, 1, 2, 1, 3, 3, 4], [4, 2])),
                ("labels", Tensor(.int64, [labels.count], labels)),
            ])
    }

    private func weights(_ path: String, _ values: [Float]) -> MemoryFile {
        MemoryFile(path, [("w", tensor(values, [2, 2])), ("b", tensor([0, 0], [2]))])
    }

    @Test func predictionsOfBothAreCounted() throws {
        let network = try Network(yaml: yaml, file: "network.yaml")
        // The first predicts 0 1 1 1; the second sees a larger first input and predicts 0 0 1 0.
        let found = try Evaluator().evaluate(
            original: weights("a", [1, 0, 0, 1]), compressed: weights("b", [2.5, 0, 0, 1]), network: network,
            data: data())
        #expect(found.original.metrics?.accuracy == 0.75)
        #expect(found.original.metrics?.confusion == [[1, 1], [0, 2]])
        #expect(found.compressed.metrics?.accuracy == 0.25)
        #expect(found.compressed.metrics?.confusion == [[1, 1], [2, 0]])
        let pairs = try #require(found.predictions)
        #expect(pairs.onlyOriginalCorrect == 2 && pairs.onlyCompressedCorrect == 0 && pairs.agreeing == 2)
        #expect(pairs.accuracyChange == -0.5)
        // Mean of ln(1 + e^(other − own)) over margins 1, 1, −2, 1.
        let expected = [1.0, 1, -2, 1].reduce(0) { $0 + log(1 + exp(-$1)) } / 4
        #expect(isClose(found.original.metrics?.negativeLogLikelihood ?? 0, expected))
        #expect(found.timing.originalInference != nil && found.timing.compressedInference != nil)
        #expect(found.timing.directInference == nil)
        #expect(found.tensors.map(\.name) == ["w", "b"])
        #expect(try Requirement("accuracy>=-50%").check(found).holds)
    }

    @Test func encodedWeightsAreAlsoRunAsTheyAre() throws {
        let network = try Network(yaml: yaml, file: "network.yaml")
        let file = weights("a", [1, 0, 0, 1])
        let archive = MemoryArchive("b", zip(file.entries.map(\.name), file.tensors).map { ($0, $1) })
        archive.stored = [("csr", 20), ("kept", 8)]
        let bias = Encoding.dense(file.tensors[1])
        for (weight, isDirect) in [
            (Encoding.sparse(try Sparse(file.tensors[0], as: .csr)), true),
            (
                .lowRank(
                    LowRank(
                        shape: [2, 2], left: .dense(file.tensors[0]), right: .dense(file.tensors[0]))),
                true
            ),
            (.dense(file.tensors[0]), false),
        ] {
            archive.encodings = [weight, bias]
            let found = try Evaluator().evaluate(
                original: file, compressed: archive, network: network, data: data())
            #expect((found.timing.directInference != nil) == isDirect, "\(weight.summary)")
            #expect(found.predictions?.agreement == 1)
        }
    }

    @Test func aSoftmaxAtTheEndChangesNoFigure() throws {
        let plain = try Network(yaml: yaml, file: "network.yaml")
        let softmax = try Network(
            yaml: yaml.replacing("task", with: "  - softmax\ntask"), file: "network.yaml")
        #expect(!plain.endsInSoftmax && softmax.endsInSoftmax)
        let file = weights("a", [1, 0.5, -0.25, 1])
        let metrics = try [plain, softmax].map {
            try Evaluator().evaluate(original: file, compressed: file, network: $0, data: data())
                .original.metrics
        }
        #expect(metrics[0]?.confusion == metrics[1]?.confusion)
        #expect(
            isClose(
                metrics[0]?.negativeLogLikelihood ?? 0, metrics[1]?.negativeLogLikelihood ?? 1, digits: 6))
    }

    @Test func timeIsOnlyTakenWhenAsked() throws {
        let network = try Network(yaml: yaml, file: "network.yaml")
        let file = weights("a", [1, 0, 0, 1])
        let found = try Evaluator(measuresTime: false).evaluate(
            original: file, compressed: file, network: network, data: data())
        #expect(found.timing.originalInference == nil && found.timing.compressedInference == nil)
        #expect(found.predictions?.agreement == 1)
        #expect(found.predictions?.isSignificant == false)
    }

    @Test func faultsOfNetworkAndDataAreNamed() throws {
        let network = try Network(yaml: yaml, file: "network.yaml")
        let file = weights("a", [1, 0, 0, 1])
        func error(_ original: MemoryFile, _ network: Network, _ data: MemoryFile) -> BantamError? {
            bantamError {
                _ = try Evaluator().evaluate(
                    original: original, compressed: file, network: network, data: data)
            }
        }
        #expect(
            error(MemoryFile("x", [("w", tensor([1, 0, 0, 1], [2, 2]))]), network, data())?.tensor == "b")
        #expect(error(file, network, data([0, 1, 2, 1]))?.tensor == "labels")
        #expect(error(file, network, MemoryFile("empty", []))?.tensor == "inputs")
        let matrix = try Network(
            yaml: "input: [2, 2]\nlayers:\n  - relu\n", file: "network.yaml")
        #expect(error(file, matrix, data())?.kind == .invalidArgument)
    }
}
