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

extension Tensor {
    /// This tensor as `float32` if it can be held as indices of `step`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a step that is not a number above 0 or so small that
    ///   indices would leave 15 bits, `corruption` for NaN or infinity.
    func checked(forStep step: Float) throws -> Tensor {
        let tensor = try float32()
        guard step > 0, step.isFinite, (1 / step).isFinite else {
            throw BantamError(.invalidArgument, "expected a step above 0, found \(step)")
        }
        let largest = tensor.withElements(as: Float.self) { elements in
            elements.reduce(UInt32(0)) { max($0, $1.bitPattern & 0x7fff_ffff) }
        }
        guard largest < Float.infinity.bitPattern else {
            throw BantamError(.corruption, "expected finite numbers to quantize, found NaN or infinity")
        }
        // Twice, for means that are taken out.
        guard 2 * Float(bitPattern: largest) / step < 65000 else {
            throw BantamError(
                .invalidArgument,
                "expected a step above \(Float(bitPattern: largest) / 32500), found \(step)")
        }
        return tensor
    }
}
