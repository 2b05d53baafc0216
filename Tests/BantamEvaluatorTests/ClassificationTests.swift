import BantamEvaluator
import BantamTensors
import BantamTestSupport
import Testing

/// Figures of a classification against scikit-learn and SciPy.
@Suite struct ClassificationTests {
    struct Report: Decodable {
        var labels, support: [Int]
        var outputs, other, probabilities: [[Float]]
        var accuracy, top5, nll, macroF1, agreement, change: Double
        var precision, recall, f1: [Double]
        var confusion: [[Int]]
    }

    private func matrix(_ rows: [[Float]]) -> Tensor {
        Tensor(.float32, [rows.count, rows.first?.count ?? 1], rows.flatMap { $0 })
    }

    @Test func figuresAreThoseOfScikitLearn() throws {
        let expected = try fixture("classification.json", as: Report.self)
        let metrics = try ClassificationMetrics(outputs: matrix(expected.outputs), labels: expected.labels)
        #expect(metrics.sampleCount == expected.labels.count)
        #expect(metrics.accuracy == expected.accuracy)
        #expect(metrics.top5Accuracy == expected.top5)
        #expect(isClose(metrics.negativeLogLikelihood, expected.nll))
        #expect(isClose(metrics.macroF1, expected.macroF1))
        #expect(metrics.confusion == expected.confusion)
        for (label, found) in metrics.classes.enumerated() {
            #expect(found.support == expected.support[label])
            #expect(isClose(found.precision, expected.precision[label]))
            #expect(isClose(found.recall, expected.recall[label]))
            #expect(isClose(found.f1, expected.f1[label]))
        }
        let likelihood = try ClassificationMetrics(
            outputs: matrix(expected.probabilities), labels: expected.labels, kind: .probabilities
        ).negativeLogLikelihood
        #expect(isClose(likelihood, expected.nll, digits: 6))
    }

    @Test func pairedPredictionsAreCounted() throws {
        let expected = try fixture("classification.json", as: Report.self)
        let pairs = try PairedPredictions(
            original: ClassificationMetrics.predictions(of: matrix(expected.outputs)),
            compressed: ClassificationMetrics.predictions(of: matrix(expected.other)), labels: expected.labels
        )
        #expect(isClose(pairs.agreement, expected.agreement))
        #expect(isClose(pairs.accuracyChange, expected.change, digits: 9))
        #expect(pairs.interval.contains(pairs.accuracyChange))
    }

    @Test func softmaxNeitherOverflowsNorLosesSmallProbabilities() throws {
        func likelihood(_ row: [Float]) throws -> Double {
            try ClassificationMetrics(outputs: matrix([row]), labels: [0]).negativeLogLikelihood
        }
        #expect(try likelihood([3e38, -3e38]) == 0)
        #expect(isClose(try likelihood([-1000, 1000]), 2000))
        #expect(isClose(try likelihood([0, 0, 0, 0]), 1.386_294_361_119_890_6))
        #expect(try likelihood([.infinity, 0]) == 0)
        #expect(try likelihood([0, .infinity]) == .infinity)
        #expect(try likelihood([.nan, 0]) == .infinity)
        #expect(try likelihood([0, .nan]) == .infinity)
    }

    @Test func tiesGoToTheFirstAndNaNNeverWins() throws {
        let outputs = matrix([
            [1, 1, 0], [.nan, 0, 0], [.nan, .nan, .nan], [-.infinity, .nan, -.infinity],
        ])
        #expect(try ClassificationMetrics.predictions(of: outputs) == [0, 1, 0, 0])
        // All outputs equal: the label 5 stands sixth, so it is not among the first five.
        let flat = matrix([[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
        #expect(try ClassificationMetrics(outputs: flat, labels: [4, 5]).top5Accuracy == 0.5)
    }

    @Test func fiveClassesHaveNoTopFive() throws {
        let five = matrix([[0, 0, 0, 0, 1]])
        #expect(try ClassificationMetrics(outputs: five, labels: [4]).top5Accuracy == nil)
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let outputs = matrix([[0, 1], [1, 0]])
        for labels in [[0], [0, 1, 1], [0, 2], [-1, 0]] {
            let error = bantamError { _ = try ClassificationMetrics(outputs: outputs, labels: labels) }
            #expect(error?.kind == .invalidArgument, "\(labels)")
        }
        for shape in [[4] as Shape, [2, 2, 1], [0, 4], [4, 0]] {
            let tensor = Tensor(.float32, shape, [Float](repeating: 0, count: shape.elementCount))
            let error = bantamError { _ = try ClassificationMetrics(outputs: tensor, labels: []) }
            #expect(error?.kind == .invalidArgument, "\(shape)")
        }
    }
}
