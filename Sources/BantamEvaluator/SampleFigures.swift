// Why: what compression costs is a difference between two figures of the same samples, and only sample by sample does
// it say how far chance can carry it.

import BantamTensors

extension Metric {
    /// Whether it is the mean of a figure that every sample has by itself.
    public var isMeanOverSamples: Bool {
        switch self {
        case .accuracy, .top5, .agreement, .nll: true
        default: false
        }
    }

    /// Whether each sample's figure is 0 or 1: right or wrong, the same or another.
    public var isCount: Bool { isMeanOverSamples && countsSamples }

    /// How well each sample is predicted, the more the better: 1 or 0 for what is right or wrong, the
    /// log-likelihood of its label in nats for `nll`.
    ///
    /// - Parameters:
    ///   - outputs: `[samples, classes]`, of a numeric dtype.
    ///   - labels: the class of each sample.
    ///   - reference: what the original predicts, for `agreement`.
    /// - Returns: a figure for each sample.
    /// - Complexity: O(samples · classes).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the figure is no mean over samples, for `top5` with
    ///   five classes or fewer, or if outputs, labels and reference do not fit together.
    public func sampleFigures(
        outputs: Tensor, labels: [Int], reference: [Int], kind: ClassificationMetrics.OutputKind
    ) throws -> [Double] {
        let (rows, classes) = try ClassificationMetrics.samples(of: outputs)
        guard isMeanOverSamples else {
            throw BantamError(
                .invalidArgument,
                "expected a figure that every sample has: accuracy, top5, agreement or nll, found \(rawValue)"
            )
        }
        guard self != .top5 || classes > 5 else {
            throw BantamError(.invalidArgument, "expected more than five classes for top5, found \(classes)")
        }
        guard rows == labels.count, rows == reference.count, labels.allSatisfy((0..<classes).contains) else {
            throw BantamError(
                .invalidArgument,
                "expected a label from 0 to \(classes - 1) and a prediction for each of \(rows) outputs, found "
                    + "\(labels.count) and \(reference.count)")
        }
        return try outputs.float32().withElements(as: Float.self) { values in
            labels.indices.map { row in
                let sample = UnsafeBufferPointer(rebasing: values[row * classes..<(row + 1) * classes])
                return switch self {
                case .top5: sample.rank(of: labels[row]) < 5 ? 1 : 0
                case .agreement: sample.prediction == reference[row] ? 1 : 0
                case .nll: -sample.negativeLogLikelihood(of: labels[row], kind)
                default: sample.prediction == labels[row] ? 1 : 0
                }
            }
        }
    }
}
