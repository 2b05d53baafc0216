/// How well a network predicts the labels of a test set.
public struct ClassificationMetrics: Sendable, Equatable {
    /// One class of a classification.
    public struct PerClass: Sendable, Equatable {
        /// Samples of this class.
        public var support: Int
        /// Correct predictions of the class over all predictions of it; 0 if it was never predicted.
        public var precision: Double
        /// Correct predictions of the class over its samples; 0 if it has none.
        public var recall: Double
        /// The harmonic mean of precision and recall.
        public var f1: Double

        /// The figures of one class.
        public init(support: Int, precision: Double, recall: Double, f1: Double) {
            self.support = support
            self.precision = precision
            self.recall = recall
            self.f1 = f1
        }
    }

    /// Samples predicted.
    public var sampleCount: Int
    /// The fraction whose arg-max is the label.
    public var accuracy: Double
    /// The fraction whose label is among the five largest outputs; none with five classes or fewer.
    public var top5Accuracy: Double?
    /// Mean negative log-likelihood of the labels, in nats, from the softmax of the outputs.
    public var negativeLogLikelihood: Double
    /// The classes in order of their label.
    public var classes: [PerClass]
    /// `confusion[label][prediction]`, in samples.
    public var confusion: [[Int]]

    /// Figures that belong together.
    public init(
        sampleCount: Int, accuracy: Double, top5Accuracy: Double?, negativeLogLikelihood: Double,
        classes: [PerClass], confusion: [[Int]]
    ) {
        self.sampleCount = sampleCount
        self.accuracy = accuracy
        self.top5Accuracy = top5Accuracy
        self.negativeLogLikelihood = negativeLogLikelihood
        self.classes = classes
        self.confusion = confusion
    }
}
