import BantamEncodings
import BantamEvaluator
import BantamInference
import BantamLoaders
import BantamTensors
import Synchronization

/// A network and one half of the data, and what the original weights make of it.
struct LossBench: Sendable {
    let metric: Metric
    /// The original's figure of each sample, the more the better.
    let original: [Double]
    /// What the original predicts.
    let predictions: [Int]
    /// The tensors that the network reads, by position in the file.
    let used: Set<Int>
    let outputs: Tensor
    let labels: [Int]
    private let network: Network
    private let inputs: Tensor
    private let kind: ClassificationMetrics.OutputKind

    /// Runs the original on some samples of the data.
    ///
    /// - Throws: ``BantamError`` as ``Evaluator`` does with a network and data.
    init(
        _ network: Network, source: any TensorFile, data: TestData, samples: [Int], metric: Metric,
        workers: Workers
    ) throws {
        self.metric = metric
        self.network = network
        inputs = data.inputs.slices(samples)
        labels = samples.map { data.labels[$0] }
        kind = network.endsInSoftmax ? .probabilities : .logits
        let used = Mutex(Set<Int>())
        outputs = try LossBench.run(network, source, inputs, workers) { index in
            used.withLock { _ = $0.insert(index) }
        }
        self.used = used.withLock { $0 }
        predictions = try ClassificationMetrics.predictions(of: outputs)
        original = try metric.sampleFigures(
            outputs: outputs, labels: labels, reference: predictions, kind: kind)
    }

    /// The classes of the data, which is all that is needed to read it.
    static func classes(of network: Network, source: any TensorFile, workers: Workers) throws -> Int {
        guard let classes = try model(network, source, workers, reading: { _ in }).classCount else {
            throw BantamError(
                .invalidArgument, file: network.file,
                "expected one output per class to count predictions, found others")
        }
        return classes
    }

    /// The original's figure over the samples.
    var figure: Double { original.reduce(0, +) / Double(max(original.count, 1)) }

    /// What the network makes of the samples with the weights of `file`.
    func outputs(of file: any TensorFile, workers: Workers) throws -> Tensor {
        try LossBench.run(network, file, inputs, workers) { _ in }
    }

    /// How much worse each sample's figure is with the weights of `file`.
    func losses(of file: any TensorFile, workers: Workers) throws -> [Double] {
        let figures = try metric.sampleFigures(
            outputs: outputs(of: file, workers: workers), labels: labels, reference: predictions,
            kind: kind)
        return zip(original, figures).map { before, after in
            // Both may be infinite: a label that had no probability and has none.
            before == after ? 0 : before - after
        }
    }

    private static func run(
        _ network: Network, _ file: any TensorFile, _ inputs: Tensor, _ workers: Workers,
        reading: (Int) -> Void
    ) throws -> Tensor {
        try model(network, file, workers, reading: reading).run(inputs: inputs, workers: workers)
    }

    private static func model(
        _ network: Network, _ file: any TensorFile, _ workers: Workers, reading: (Int) -> Void
    ) throws -> Model {
        let positions = Dictionary(file.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        return try locating(file: file.path) {
            try network.bound(
                to: { name in
                    guard let index = positions[name] else { return nil }
                    reading(index)
                    return .dense(try file.tensor(at: index))
                }, workers: workers)
        }
    }
}

extension Tensor {
    /// Some slices of axis 0, in the order of `positions`.
    fileprivate func slices(_ positions: [Int]) -> Tensor {
        let width = byteCount / max(shape.axes[0], 1)
        return Tensor(
            dtype, Shape([positions.count] + shape.axes.dropFirst()),
            Storage(byteCount: positions.count * width) { result in
                for (index, position) in positions.enumerated() {
                    UnsafeMutableRawBufferPointer(rebasing: result[index * width..<(index + 1) * width])
                        .copyMemory(
                            from: UnsafeRawBufferPointer(
                                rebasing: storage.bytes[position * width..<(position + 1) * width]))
                }
            })
    }
}
