// What the same samples say of two sets of weights: the interval that keeps noise from being sold as loss.

import BantamTensors

extension PairedPredictions {
    /// Compares two lists of predictions for the same samples, with the interval of ``scoreInterval``.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the lists are not equally long.
    public init(original: [Int], compressed: [Int], labels: [Int]) throws {
        guard original.count == labels.count, compressed.count == labels.count else {
            throw BantamError(
                .invalidArgument,
                "expected two predictions for each of \(labels.count) labels, found \(original.count) and \(compressed.count)"
            )
        }
        var (agreeing, lost, won) = (0, 0, 0)
        for index in labels.indices {
            agreeing += original[index] == compressed[index] ? 1 : 0
            let wasRight = original[index] == labels[index]
            let isRight = compressed[index] == labels[index]
            lost += wasRight && !isRight ? 1 : 0
            won += !wasRight && isRight ? 1 : 0
        }
        self.init(
            sampleCount: labels.count, agreeing: agreeing, onlyOriginalCorrect: lost,
            onlyCompressedCorrect: won,
            interval: PairedPredictions.scoreInterval(won: won, lost: lost, of: labels.count))
    }

    /// The 95 % score interval of a difference (won − lost)/n of paired proportions: the changes δ that a
    /// two-sided 5 % score test does not reject.
    ///
    /// The test statistic is (won − lost − nδ) / √(n(2q + δ(1 − δ))), where q is the likeliest probability of
    /// losing a sample given δ: the larger root of 2n·q² + ((2n − won + lost)δ − won − lost)·q − lost·δ(1 − δ).
    /// It behaves for few discordant samples, and with none gives ±z²/(n + z²) rather than nothing.
    ///
    /// Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    /// paired-sample design", Statistics in Medicine 17, 1998.
    ///
    /// - Parameters:
    ///   - won: samples that became right.
    ///   - lost: samples that became wrong.
    ///   - count: all samples, at least `won + lost`.
    /// - Returns: bounds within [−1, 1], good to 10⁻¹⁵; −1...1 without samples.
    public static func scoreInterval(won: Int, lost: Int, of count: Int) -> ClosedRange<Double> {
        guard count > 0 else { return -1...1 }
        let upper = upperLimit(won: Double(won), lost: Double(lost), of: Double(count))
        let lower = -upperLimit(won: Double(lost), lost: Double(won), of: Double(count))
        return lower...upper
    }

    /// The largest δ that is not rejected; the smallest is the same with the roles exchanged.
    private static func upperLimit(won: Double, lost: Double, of count: Double) -> Double {
        var (inside, outside) = ((won - lost) / count, 1.0)
        guard isRejected(outside, won: won, lost: lost, of: count) else { return 1 }
        while true {
            let middle = inside + (outside - inside) / 2
            if middle <= inside || middle >= outside { return inside }
            if isRejected(middle, won: won, lost: lost, of: count) {
                outside = middle
            } else {
                inside = middle
            }
        }
    }

    private static func isRejected(_ delta: Double, won: Double, lost: Double, of count: Double) -> Bool {
        let z = 1.959_963_984_540_054  // the 97.5 % point of the normal distribution
        let linear = (2 * count - won + lost) * delta - won - lost
        let constant = -lost * delta * (1 - delta)
        let root = max(0, linear * linear - 8 * count * constant).squareRoot()
        let q = max(0, (root - linear) / (4 * count))
        let distance = won - lost - count * delta
        // Squared, so that the variance, which may vanish, divides nothing.
        return distance * distance > z * z * count * max(0, 2 * q + delta * (1 - delta))
    }
}
