import Glibc

/// How far a reconstruction x̂ is from the original x, in the sums that all the figures follow from.
///
/// Sums of several tensors add up to the sums of all of them together.
public struct ReconstructionError: Sendable, Equatable {
    /// Elements compared.
    public var count = 0
    /// max |x − x̂|, in the unit of the weights.
    public var maxAbsError = 0.0
    /// Σ(x − x̂)².
    public var squaredError = 0.0
    /// Σx².
    public var squaredOriginal = 0.0
    /// Σx̂².
    public var squaredReconstruction = 0.0
    /// Σx·x̂.
    public var product = 0.0

    /// Nothing compared yet.
    public init() {}

    /// 10 log₁₀(Σx² / Σ(x − x̂)²) in dB; infinite where nothing was lost.
    public var sqnr: Double {
        squaredError == 0 ? .infinity : 10 * log10(squaredOriginal / squaredError)
    }
    /// ‖x − x̂‖ / ‖x‖; 0 where nothing was lost.
    public var relativeError: Double {
        squaredError == 0 ? 0 : (squaredError / squaredOriginal).squareRoot()
    }
    /// √(Σ(x − x̂)² / count), in the unit of the weights.
    public var rmse: Double { count == 0 ? 0 : (squaredError / Double(count)).squareRoot() }
    /// Σx·x̂ / (‖x‖·‖x̂‖); 1 where nothing was lost, all-zero tensors included; NaN where the error is infinite.
    public var cosine: Double {
        if squaredError == 0 { return 1 }
        guard squaredError.isFinite else { return .nan }
        let norms = (squaredOriginal * squaredReconstruction).squareRoot()
        return norms == 0 ? 0 : product / norms
    }

    /// The sums of two comparisons together.
    public static func += (sum: inout ReconstructionError, other: ReconstructionError) {
        sum.count += other.count
        sum.maxAbsError = max(sum.maxAbsError, other.maxAbsError)
        sum.squaredError += other.squaredError
        sum.squaredOriginal += other.squaredOriginal
        sum.squaredReconstruction += other.squaredReconstruction
        sum.product += other.product
    }
}
