// What compression does to predictions and to the speed of inference.

import BantamArchive
import BantamEncodings
import BantamInference
import BantamLoaders
import BantamTensors

extension Evaluator {
    /// Compares two files tensor by tensor, and by what a network predicts with the weights of each.
    ///
    /// The compressed weights are judged as `decompress` would restore them. Where some are sparse or of low
    /// rank, the time of running directly on them is measured too. Times are medians of up to five runs, in
    /// which the weights take turns, after one that is not counted.
    ///
    /// - Parameters:
    ///   - network: names tensors of the two files; its outputs are one per class.
    ///   - data: a file with `inputs` `[N, …]` and `labels` `[N]`.
    /// - Throws: as ``evaluate(original:compressed:)``; ``BantamError`` of kind `invalidArgument` if the network is
    ///   no classification; whatever binding the network and reading the data throw.
    public func evaluate(
        original: any TensorFile, compressed: any TensorFile, network: Network, data: any TensorFile
    ) throws -> Evaluation {
        // The network first: what is wrong with it should not wait for every tensor to be compared.
        let trial = try NetworkTrial(
            original: original, compressed: compressed, network: network, data: data, workers: workers)
        var evaluation = try evaluate(original: original, compressed: compressed)
        evaluation.original.metrics = trial.originalMetrics
        evaluation.compressed.metrics = trial.compressedMetrics
        evaluation.predictions = trial.predictions
        if measuresTime { try trial.time(into: &evaluation.timing) }
        return evaluation
    }
}

/// A network bound to both files, and what it predicts.
private struct NetworkTrial {
    let originalMetrics: ClassificationMetrics
    let compressedMetrics: ClassificationMetrics
    let predictions: PairedPredictions
    /// Original, compressed, and if it differs the compressed one on encoded weights.
    private let models: [Model]
    private let inputs: Tensor
    private let workers: Workers

    init(
        original: any TensorFile, compressed: any TensorFile, network: Network, data: any TensorFile,
        workers: Workers
    ) throws {
        let before = try NetworkTrial.model(network, original, workers)
        let after = try NetworkTrial.model(network, compressed, workers)
        guard let classes = before.classCount else {
            throw BantamError(
                .invalidArgument, file: network.file,
                "expected one output per class to count predictions, found outputs of \(before.outputShape)")
        }
        let data = try TestData(data, classes: classes)
        let kind: ClassificationMetrics.OutputKind = network.endsInSoftmax ? .probabilities : .logits
        let outputs = try [before, after].map { try $0.run(inputs: data.inputs, workers: workers) }
        originalMetrics = try ClassificationMetrics(outputs: outputs[0], labels: data.labels, kind: kind)
        compressedMetrics = try ClassificationMetrics(outputs: outputs[1], labels: data.labels, kind: kind)
        predictions = try PairedPredictions(
            original: ClassificationMetrics.predictions(of: outputs[0]),
            compressed: ClassificationMetrics.predictions(of: outputs[1]), labels: data.labels)
        models = try [before, after] + NetworkTrial.directModel(network, compressed, workers)
        inputs = data.inputs
        self.workers = workers
    }

    func time(into timing: inout Timing) throws {
        if models.count > 2 { _ = try models[2].run(inputs: inputs, workers: workers) }
        let seconds = try Stopwatch.medians(of: models.count, runs: 5, within: 3) {
            _ = try models[$0].run(inputs: inputs, workers: workers)
        }
        timing.originalInference = seconds[0]
        timing.compressedInference = seconds[1]
        timing.directInference = seconds.count > 2 ? seconds[2] : nil
    }

    /// The network on the decoded tensors of a file.
    private static func model(_ network: Network, _ file: any TensorFile, _ workers: Workers) throws -> Model
    {
        let positions = Dictionary(indices(of: file)) { first, _ in first }
        return try locating(file: file.path) {
            try network.bound(
                to: { name in try positions[Array(name.utf8)].map { .dense(try file.tensor(at: $0)) } },
                workers: workers)
        }
    }

    /// The network on the tensors as a file holds them; none if that is no different from decoded ones.
    private static func directModel(
        _ network: Network, _ file: any TensorFile, _ workers: Workers
    ) throws -> [Model] {
        guard let file = file as? any StoredTensorFile else { return [] }
        let positions = Dictionary(indices(of: file)) { first, _ in first }
        var isDifferent = false
        let model = try locating(file: file.path) {
            try network.bound(
                to: { name in
                    guard let index = positions[Array(name.utf8)] else { return nil }
                    let encoding = try file.encoding(at: index)
                    isDifferent = isDifferent || encoding.isMultipliedAsHeld
                    return encoding
                }, execution: .direct, workers: workers)
        }
        return isDifferent ? [model] : []
    }

    private static func indices(of file: any TensorFile) -> [([UInt8], Int)] {
        file.entries.enumerated().map { (Array($1.name.utf8), $0) }
    }
}

extension Encoding {
    /// Whether a product with this weight need not decode it first.
    fileprivate var isMultipliedAsHeld: Bool {
        switch self {
        case .sparse, .lowRank: true
        case .quantized(let quantized): if case .sparse = quantized.codes { true } else { false }
        case .dense, .palettized, .trellisCoded: false
        }
    }
}
