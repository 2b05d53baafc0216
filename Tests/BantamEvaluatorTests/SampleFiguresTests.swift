import BantamEvaluator
import BantamTensors
import BantamTestSupport
import Testing

@Suite struct SampleFiguresTests {
    private let labels = (0..<500).map { $0 * 7 % 9 }
    private let outputs: Tensor = {
        var generator = SeededGenerator(seed: 5)
        return Tensor(.float32, [500, 9], (0..<4500).map { _ in generator.normal() })
    }()

    @Test func theirMeansAreTheFiguresOfAllSamples() throws {
        let metrics = try ClassificationMetrics(outputs: outputs, labels: labels)
        let predictions = try ClassificationMetrics.predictions(of: outputs)
        func mean(_ metric: Metric) throws -> Double {
            try metric.sampleFigures(outputs: outputs, labels: labels, reference: predictions, kind: .logits)
                .reduce(0, +) / 500
        }
        #expect(abs(try mean(.accuracy) - metrics.accuracy) < 1e-12)
        #expect(abs(try mean(.top5) - #require(metrics.top5Accuracy)) < 1e-12)
        #expect(abs(try mean(.nll) + metrics.negativeLogLikelihood) < 1e-12)
        #expect(try mean(.agreement) == 1)
    }

    @Test func figuresOfTheWholeAreRefused() throws {
        for metric in Metric.allCases where !metric.isMeanOverSamples {
            let error = bantamError {
                _ = try metric.sampleFigures(
                    outputs: outputs, labels: labels, reference: labels, kind: .logits)
            }
            #expect(error?.kind == .invalidArgument)
        }
        let short = bantamError {
            _ = try Metric.accuracy.sampleFigures(
                outputs: outputs, labels: [1], reference: labels, kind: .logits)
        }
        #expect(short?.kind == .invalidArgument)
    }
}
