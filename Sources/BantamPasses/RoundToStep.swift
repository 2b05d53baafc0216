// Why: what is entropy-coded afterwards needs no range, only a step: the error is then the same wherever a value lies,
// and rare large codes cost what they are worth. One step is also the one knob that a search for the smallest file turns.

import BantamEncodings
import BantamTensors

/// Rounds the values of a tensor to multiples of one step: a uniform quantizer with a dead zone.
///
/// With t = |x| / step the code is sign(x)·⌊t + 1 − deadZone⌋, so what is under `deadZone` steps becomes zero and every
/// other threshold moves with it; 0.5 rounds to the nearest. The scale that goes with the codes is the one of the least
/// squared error, Σ x·code / Σ code². A zero stays zero: what was pruned stays pruned. All arithmetic but that of the
/// scale is in float32.
///
/// - Error bound: |x − x̂| ≤ deadZone·step, and beside that |code|·|scale − step|, which the choice of the scale makes up
///   for elsewhere in the tensor: ‖x − x̂‖ is never above that with the step as scale.
/// - Complexity: O(elements), shared by the threads.
///
/// Source: G. Sullivan, "Efficient scalar quantization of exponential and Laplacian random variables", 1996.
public struct RoundToStep: Pass {
    /// The distance between neighbouring values.
    public let step: Float
    /// What is under this many steps becomes zero: 0.5 to 1.
    public let deadZone: Float
    /// Whether a tensor with NaN or infinity is left as it is rather than refused.
    public let keepingNonFinite: Bool

    private static let pieceLength = 1 << 16

    /// A quantizer.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a step that is not a number above 0, or a dead zone outside
    ///   0.5 to 1.
    public init(step: Float, deadZone: Float = 0.5, keepingNonFinite: Bool = false) throws {
        guard step.isFinite, step > 0, (1 / step).isFinite else {
            throw BantamError(.invalidArgument, "expected a step above 0, found \(step)")
        }
        guard 0.5...1 ~= deadZone else {
            throw BantamError(
                .invalidArgument, "expected a dead zone from 0.5 to 1 steps, found \(deadZone)")
        }
        self.step = step
        self.deadZone = deadZone
        self.keepingNonFinite = keepingNonFinite
    }

    /// `round`.
    public var name: String { "round" }

    /// Dense values become codes of the tensor's shape; the stored values of a sparse tensor and both factors of a
    /// low-rank one are rounded each by itself.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything else, for other than float values, and for a step so
    ///   small that codes would leave 16 bits; `corruption` for NaN or infinity, unless ``keepingNonFinite``.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        do {
            return PassResult(try rounded(encoding, context.workers))
        } catch let error as Quantize.NonFinite {
            guard keepingNonFinite else {
                throw BantamError(.corruption, "expected finite values to round, found \(error.found)")
            }
            return PassResult(encoding, notes: ["not rounded: \(error.found)"])
        }
    }

    private func rounded(_ encoding: Encoding, _ workers: Workers) throws -> Encoding {
        switch encoding {
        case .dense(let tensor): return .quantized(try rounded(tensor, workers))
        case .sparse(var sparse):
            guard case .dense(let values) = sparse.values else {
                throw BantamError(
                    .invalidArgument, "expected plain values to round, found \(sparse.values.summary)")
            }
            sparse.values = .quantized(try rounded(values, workers))
            return .sparse(sparse)
        case .lowRank(var lowRank):
            lowRank.left = try rounded(lowRank.left, workers)
            lowRank.right = try rounded(lowRank.right, workers)
            return .lowRank(lowRank)
        default:
            throw BantamError(.invalidArgument, "expected values to round, found \(encoding.summary) ones")
        }
    }

    private func rounded(_ tensor: Tensor, _ workers: Workers) throws -> Quantized {
        let source = try tensor.float32ToQuantize()
        return try source.withElements(as: Float.self) { elements in
            let largest = elements.reduce(0) { max($0, abs($1)) }
            let refused = Quantize.NonFinite(in: elements)
            guard refused.count == 0 else { throw refused }
            let highest = code(of: largest)
            guard highest <= Float(Int16.max) else {
                throw BantamError(
                    .invalidArgument,
                    "expected a step of at least \(largest / Float(Int16.max - 1)) for values up to \(largest), "
                        + "found \(step)")
            }
            return highest <= Float(Int8.max)
                ? try rounded(elements, tensor.shape, codes: Int8.self, largest: highest, workers)
                : try rounded(elements, tensor.shape, codes: Int16.self, largest: highest, workers)
        }
    }

    private func rounded<Code: QuantizedCode>(
        _ elements: UnsafeBufferPointer<Float>, _ shape: Shape, codes type: Code.Type, largest: Float,
        _ workers: Workers
    ) throws -> Quantized {
        var scale = step
        let codes = try Tensor(Code.dtype, shape, as: Code.self) { codes in
            nonisolated(unsafe) let buffers = (elements, codes)
            // Pieces of a fixed length, summed in order, so that the scale does not depend on the threads.
            let length = RoundToStep.pieceLength
            let sums = try workers.map((elements.count + length - 1) / length) { piece in
                var (product, square) = (0.0, 0.0)
                for index in piece * length..<min((piece + 1) * length, buffers.0.count) {
                    let value = buffers.0[index]
                    let magnitude = code(of: abs(value))
                    let code = value < 0 ? -magnitude : magnitude
                    buffers.1[index] = Code(code)
                    product += Double(value) * Double(code)
                    square += Double(code) * Double(code)
                }
                return (product, square)
            }
            let (product, square) = sums.reduce((0.0, 0.0)) { ($0.0 + $1.0, $0.1 + $1.1) }
            let best = Float(product / square)
            if square > 0, best.isNormal, (best * largest).isFinite { scale = best }
        }
        return Quantized(
            codes: .dense(codes), scales: Tensor(.float32, [], [scale]), zeroPoints: nil,
            granularity: .tensor, codeBits: codeBits(largest))
    }

    /// The code of a magnitude.
    private func code(of magnitude: Float) -> Float {
        (magnitude / step + (1 - deadZone)).rounded(.down)
    }

    /// Bits that codes up to `largest` and their negatives fit in.
    private func codeBits(_ largest: Float) -> Int {
        (2...8).first { largest <= Float((1 << ($0 - 1)) - 1) } ?? 16
    }
}
