// Why: with a few hundred samples the loss that is counted is mostly chance. What has to be kept is not the loss on the
// samples at hand but the one that others will see.

/// What samples say of the loss that a compression will show on others.
///
/// Each sample has a loss of its own, original figure minus compressed one: for accuracy 1, 0 or −1. Their mean and
/// variance, taken over the samples and over several compressions that hardly differ, are those of a draw from the
/// population; the mean over as many samples as are to be convinced then varies by √(variance / samples).
public struct LossEstimate: Sendable, Equatable {
    /// The mean loss.
    public let mean: Double
    /// The variance of a sample's loss.
    public let variance: Double

    /// The mean and variance over samples and compressions.
    ///
    /// - Parameters:
    ///   - losses: for each compression the loss of each sample, equally many.
    ///   - isCount: whether losses count samples. Then a quarter of a sample more counts as lost, because none lost of few
    ///     is no proof that none can be.
    public init(_ losses: [[Double]], isCount: Bool) {
        let count = Double(max(losses.reduce(0) { $0 + $1.count }, 1))
        let samples = Double(max(losses.first?.count ?? 1, 1))
        let mean = losses.reduce(0.0) { $0 + $1.reduce(0, +) } / count
        let square = losses.reduce(0.0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / count
        self.mean = mean + (isCount ? 0.25 / samples : 0)
        let spread = square - mean * mean
        variance = spread < 0 ? 0 : spread
    }

    /// Whether nine times in ten as many other samples as `count` will lose no more than `allowed` on average.
    ///
    /// A gain is not believed: the mean counts as no less than 0. Counts are whole, so half a sample less than the first
    /// number that is too many will do (continuity correction).
    public func keeps(_ allowed: Double, on count: Int, isCount: Bool) -> Bool {
        let quantile = 1.281_551_565_544_6  // the 90 % point of the normal distribution
        let samples = Double(max(count, 1))
        guard mean.isFinite, variance.isFinite else { return false }
        let total = max(0, mean) * samples + quantile * (variance * samples).squareRoot()
        let limit = isCount ? (allowed * samples + 1e-9).rounded(.down) + 0.5 : allowed * samples
        return total <= limit
    }
}
