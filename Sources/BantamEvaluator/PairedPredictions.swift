/// What two sets of weights predict for the same samples.
public struct PairedPredictions: Sendable, Equatable {
    /// Samples predicted.
    public var sampleCount: Int
    /// Samples for which both predict the same class.
    public var agreeing: Int
    /// Samples that only the original gets right.
    public var onlyOriginalCorrect: Int
    /// Samples that only the compressed weights get right.
    public var onlyCompressedCorrect: Int
    /// The 95 % confidence interval of the change in accuracy, as fractions (−0.01 = one point lost).
    public var interval: ClosedRange<Double>

    /// Counts with their interval.
    public init(
        sampleCount: Int, agreeing: Int, onlyOriginalCorrect: Int, onlyCompressedCorrect: Int,
        interval: ClosedRange<Double>
    ) {
        self.sampleCount = sampleCount
        self.agreeing = agreeing
        self.onlyOriginalCorrect = onlyOriginalCorrect
        self.onlyCompressedCorrect = onlyCompressedCorrect
        self.interval = interval
    }

    /// The accuracy of the compressed weights minus that of the original, as a fraction.
    public var accuracyChange: Double {
        sampleCount == 0
            ? 0 : Double(onlyCompressedCorrect - onlyOriginalCorrect) / Double(sampleCount)
    }
    /// The fraction of samples for which both predict the same class.
    public var agreement: Double { sampleCount == 0 ? 1 : Double(agreeing) / Double(sampleCount) }
    /// Whether the interval leaves out zero: only then is the change more than chance.
    public var isSignificant: Bool { !interval.contains(0) }
}
