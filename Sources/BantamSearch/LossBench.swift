import BantamEvaluator
import BantamInference
import BantamLoaders
import BantamTensors

/// A network and one half of the data, and what the original weights make of it.
struct LossBench: Sendable {
    let metric: Metric
    /// The original's figure of each sample, the more the better.
    let original: [Double]
    /// What the original predicts.
    let predictions: [Int]
    let labels: [Int]
    let networkBench: NetworkBench
    private let kind: ClassificationMetrics.OutputKind

    /// Runs the original on some samples of the data.
    ///
    /// - Throws: ``BantamError`` as ``Evaluator`` does with a network and data.
    init(
        _ network: Network, source: any TensorFile, data: TestData, samples: [Int], metric: Metric,
        workers: Workers
    ) throws {
        self.metric = metric
        networkBench = try NetworkBench(
            network, source: source, inputs: data.inputs.slices(samples), workers: workers)
        labels = samples.map { data.labels[$0] }
        kind = network.endsInSoftmax ? .probabilities : .logits
        predictions = try ClassificationMetrics.predictions(of: networkBench.outputs)
        original = try metric.sampleFigures(
            outputs: networkBench.outputs, labels: labels, reference: predictions, kind: kind)
    }

    /// The classes of the data, which is all that is needed to read it.
    static func classes(of network: Network, source: any TensorFile, workers: Workers) throws -> Int {
        guard let classes = try NetworkBench.model(network, source, workers, reading: { _ in }).classCount
        else {
            throw BantamError(
                .invalidArgument, file: network.file,
                "expected one output per class to count predictions, found others")
        }
        return classes
    }

    /// The original's figure over the samples.
    var figure: Double { original.reduce(0, +) / Double(max(original.count, 1)) }

    /// How far the probabilities of the classes are from the original's with the weights of `file`, over all samples.
    func divergence(of file: any TensorFile, workers: Workers) throws -> Double {
        try networkBench.outputs(of: file, workers: workers).divergence(from: networkBench.outputs, kind)
    }

    /// How much worse each sample's figure is with the weights of `file`.
    func losses(of file: any TensorFile, workers: Workers) throws -> [Double] {
        let figures = try metric.sampleFigures(
            outputs: networkBench.outputs(of: file, workers: workers), labels: labels, reference: predictions,
            kind: kind)
        return zip(original, figures).map { before, after in
            // Both may be infinite: a label that had no probability and has none.
            before == after ? 0 : before - after
        }
    }
}
