import BantamEncodings
import BantamTensors

/// Rate–distortion-optimised trellis-coded quantization: of all sequences of indices the one with the least
/// distortion + λ·rate, by the Viterbi algorithm, where the rate is that of the tables the indices are coded with.
///
/// Tables are trained on a sample of all tensors that are to share them (``RateDistortionTraining``), then each tensor is
/// encoded alone. Sources: M. W. Marcellin and T. R. Fischer, "Trellis coded quantization", 1990; T. R. Fischer and
/// M. Wang, "Entropy-constrained trellis-coded quantization", 1992.
public struct RateDistortion: Sendable, Hashable {
    /// The machine: more states find better sequences and take longer to.
    public var code: TrellisCode
    /// The squared error, in squares of a step, that is worth one bit.
    public var lambda: Double

    /// Quantization with 64 states, λ = 0.4 Δ² unless said otherwise; λ may be 0 to 8.
    public init(code: TrellisCode = .states64, lambda: Double = 0.4) {
        self.code = code
        self.lambda = max(0, min(8, lambda))
    }
}

extension RateDistortion {
    /// The largest magnitude that indices can hold, in steps: levels are two steps apart, and means that are taken out
    /// may double it.
    static let largestInSteps = 32500.0

    /// Checks that numbers up to `largest` can be held as indices of `step`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a step that is not a number above 0 or so small that
    ///   indices would leave 15 bits.
    static func check(step: Float, largest: Float) throws {
        guard step > 0, step.isFinite, (1 / step).isFinite else {
            throw BantamError(.invalidArgument, "expected a step above 0, found \(step)")
        }
        guard Double(largest) / Double(step) < largestInSteps else {
            throw BantamError(
                .invalidArgument,
                "expected a step above \(largest / Float(largestInSteps)) for numbers up to \(largest), found \(step)"
            )
        }
    }
}
