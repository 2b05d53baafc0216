// How the figures of a classification are counted from a network's outputs.

import BantamTensors
import Glibc

extension ClassificationMetrics {
    /// What the last layer of a network puts out.
    public enum OutputKind: Sendable {
        /// Any real numbers, whose softmax gives the probabilities.
        case logits
        /// Probabilities already: the network ends in a softmax.
        case probabilities
    }

    /// The unweighted mean of the F1 of all classes, those without samples included, as scikit-learn
    /// computes it.
    public var macroF1: Double {
        classes.isEmpty ? 0 : classes.reduce(0) { $0 + $1.f1 } / Double(classes.count)
    }

    /// The figures of a network's outputs on labelled samples.
    ///
    /// The prediction is the largest output, the first of equal ones; a NaN is never the largest. Log-likelihoods
    /// are −log softmax, computed as log Σ exp(xⱼ − max) − (x_label − max), which neither overflows nor loses
    /// small probabilities; of probabilities −log p. A label of probability 0, or outputs with a NaN, give
    /// an infinite mean.
    ///
    /// - Parameters:
    ///   - outputs: `[samples, classes]`, of a numeric dtype.
    ///   - labels: the class of each sample.
    ///   - kind: what the outputs are.
    /// - Complexity: O(samples · classes).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the outputs are no such matrix, the number of labels
    ///   differs, there is no sample, or a label is not a class.
    public init(outputs: Tensor, labels: [Int], kind: OutputKind = .logits) throws {
        let (rows, count) = try ClassificationMetrics.samples(of: outputs)
        guard rows == labels.count, rows > 0 else {
            throw BantamError(
                .invalidArgument, "expected a label for each of \(rows) outputs, found \(labels.count)")
        }
        if let index = labels.firstIndex(where: { !(0..<count).contains($0) }) {
            throw BantamError(
                .invalidArgument,
                "expected labels from 0 to \(count - 1), found \(labels[index]) for sample \(index)")
        }
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
        var (topFive, likelihood) = (0, 0.0)
        try outputs.float32().withElements(as: Float.self) { values in
            for (row, label) in labels.enumerated() {
                let sample = UnsafeBufferPointer(rebasing: values[row * count..<(row + 1) * count])
                confusion[label][sample.prediction] += 1
                topFive += sample.rank(of: label) < 5 ? 1 : 0
                likelihood += sample.negativeLogLikelihood(of: label, kind)
            }
        }
        let correct = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
        self.init(
            sampleCount: rows, accuracy: Double(correct) / Double(rows),
            top5Accuracy: count > 5 ? Double(topFive) / Double(rows) : nil,
            negativeLogLikelihood: likelihood / Double(rows),
            classes: confusion.indices.map { ClassificationMetrics.perClass($0, confusion) },
            confusion: confusion)
    }

    /// The class that each row of the outputs predicts: the largest, the first of equal ones.
    ///
    /// - Parameter outputs: `[samples, classes]`, of a numeric dtype.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the outputs are no such matrix.
    public static func predictions(of outputs: Tensor) throws -> [Int] {
        let (rows, count) = try samples(of: outputs)
        return try outputs.float32().withElements(as: Float.self) { values in
            (0..<rows).map {
                UnsafeBufferPointer(rebasing: values[$0 * count..<($0 + 1) * count]).prediction
            }
        }
    }

    static func samples(of outputs: Tensor) throws -> (rows: Int, classes: Int) {
        guard outputs.shape.rank == 2, outputs.shape.axes[1] > 0 else {
            throw BantamError(
                .invalidArgument, "expected outputs of shape samples×classes, found \(outputs.shape)")
        }
        return (outputs.shape.axes[0], outputs.shape.axes[1])
    }

    private static func perClass(_ label: Int, _ confusion: [[Int]]) -> PerClass {
        let correct = Double(confusion[label][label])
        let support = confusion[label].reduce(0, +)
        let predicted = confusion.reduce(0) { $0 + $1[label] }
        return PerClass(
            support: support, precision: predicted == 0 ? 0 : correct / Double(predicted),
            recall: support == 0 ? 0 : correct / Double(support),
            f1: support + predicted == 0 ? 0 : 2 * correct / Double(support + predicted))
    }
}

extension UnsafeBufferPointer<Float> {
    /// The position of the largest value, the first of equal ones; NaN is smaller than all.
    var prediction: Int {
        var best = 0
        for index in indices where self[index] > self[best] || (self[best].isNaN && !self[index].isNaN) {
            best = index
        }
        return best
    }

    /// How many values are before that of `label` when sorted downwards, equal ones in order of position.
    func rank(of label: Int) -> Int {
        let own = self[label]
        return indices.reduce(0) { rank, index in
            let value = self[index]
            let isBefore =
                own.isNaN
                ? !value.isNaN || index < label : value > own || (value == own && index < label)
            return rank + (isBefore ? 1 : 0)
        }
    }

    func negativeLogLikelihood(
        of label: Int, _ kind: ClassificationMetrics.OutputKind
    ) -> Double {
        let own = Double(self[label])
        let loss: Double
        switch kind {
        case .probabilities:
            loss = -log(own)
        case .logits:
            let largest = Double(self[prediction])
            if largest == .infinity { return own == largest ? 0 : .infinity }
            loss = log(reduce(0) { $0 + exp(Double($1) - largest) }) - (own - largest)
        }
        return loss.isNaN ? .infinity : Swift.max(loss, 0)
    }
}
