// Why: a number of bits for an error says little until one knows how few it could have been.

import Glibc

/// The fewest bits with which independent Gaussian numbers can be told for a squared error.
///
/// Numbers of variance σ² that may have a mean squared error θ take ½·log₂(σ²/θ) bits each, none if σ² ≤ θ. Where variances
/// differ, the sum of the bits is least for a given sum of squared errors if θ is the same for all ("reverse
/// water-filling"): Σ nᵣ·max(0, ½·log₂(σᵣ²/θ)) bits for a squared error of Σ nᵣ·min(θ, σᵣ²). One variance alone gives
/// 6.02 dB a bit. Means and variances are known to both sides and cost nothing.
///
/// It is a bound for Gaussian numbers only: of all numbers with these variances they need the most bits.
///
/// Source: T. Cover, J. Thomas, "Elements of Information Theory", 2nd edition, 2006, theorem 10.3.3.
public struct GaussianBound: Sendable {
    /// So many numbers of one variance.
    public struct Component: Sendable, Equatable {
        /// σ², at least 0.
        public var variance: Double
        /// How many numbers have it.
        public var count: Int

        /// So many numbers of one variance.
        public init(variance: Double, count: Int) {
            self.variance = variance
            self.count = count
        }
    }

    /// The variances above 0, upwards.
    private let variances: [Double]
    /// For each position, Σ n·σ² of what lies before it; one more than there are variances.
    private let errorBefore: [Double]
    /// For each position, the numbers from there on, and Σ n·log₂ σ² of them.
    private let countFrom: [Double]
    private let logarithmsFrom: [Double]

    /// The bound of all components together.
    ///
    /// - Parameter components: those without numbers, or of a variance that is not a finite number above 0, add nothing.
    /// - Complexity: O(n log n) for n components; the figures then take O(log n).
    public init(_ components: some Sequence<Component>) {
        let sorted = components.filter { $0.count > 0 && $0.variance > 0 && $0.variance.isFinite }
            .sorted { ($0.variance, $0.count) < ($1.variance, $1.count) }
        variances = sorted.map(\.variance)
        var before = [0.0]
        for component in sorted { before.append(before.last! + Double(component.count) * component.variance) }
        errorBefore = before
        var (counts, logarithms) = ([0.0], [0.0])
        for component in sorted.reversed() {
            let count = Double(component.count)
            counts.append(counts.last! + count)
            logarithms.append(logarithms.last! + count * log2(component.variance))
        }
        countFrom = counts.reversed()
        logarithmsFrom = logarithms.reversed()
    }

    /// Σ n·σ²: the squared error of no bits at all.
    public var largestSquaredError: Double { errorBefore.last ?? 0 }

    /// The fewest bits for a squared error, in all; infinite for none.
    public func bits(squaredError: Double) -> Double {
        guard squaredError < largestSquaredError else { return 0 }
        guard squaredError > 0 else { return .infinity }
        // The first component above the water.
        let first = position { errorBefore[$0] + variances[$0] * countFrom[$0] >= squaredError }
        let level = (squaredError - errorBefore[first]) / countFrom[first]
        return max(0, (logarithmsFrom[first] - countFrom[first] * log2(level)) / 2)
    }

    /// The least squared error for a number of bits, in all.
    public func squaredError(bits: Double) -> Double {
        guard bits > 0, !variances.isEmpty else { return largestSquaredError }
        let first = position {
            (logarithmsFrom[$0] - countFrom[$0] * log2(variances[$0])) / 2 <= bits
        }
        let level = exp2((logarithmsFrom[first] - 2 * bits) / countFrom[first])
        return errorBefore[first] + level * countFrom[first]
    }

    /// The first position for which `isReached` holds; it holds for the last one and all after one for which it does.
    private func position(where isReached: (Int) -> Bool) -> Int {
        var (low, high) = (0, variances.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if isReached(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
