import BantamEncodings
import BantamPasses
import BantamTensors

/// Energy and squared error of tensors, for a signal-to-noise ratio as decompression gives it.
struct SquaredError: Sendable {
    var energy = 0.0
    var error = 0.0

    /// 10·log₁₀(energy / error) in dB; infinite without error.
    var sqnr: Double { Decibels.ratio(energy, error) }

    static func + (a: SquaredError, b: SquaredError) -> SquaredError {
        SquaredError(energy: a.energy + b.energy, error: a.error + b.error)
    }
}

extension SquaredError {
    /// What comes back from `encoding` in the dtype of `original`, beside it.
    ///
    /// - Complexity: O(elements); the sums do not depend on `workers`.
    init(of encoding: Encoding, _ original: Tensor, workers: Workers) throws {
        let decoded = try encoding.decoded(workers: workers)
        let rounded =
            try decoded.dtype == original.dtype
            ? decoded : decoded.float32().float32(roundedTo: original.dtype)
        let (first, second) = (try original.float32(), try rounded.float32())
        let length = 1 << 16
        let parts = try workers.map((first.elementCount + length - 1) / length) { piece in
            first.withElements(as: Float.self) { first in
                second.withElements(as: Float.self) { second in
                    var sum = SquaredError()
                    for index in piece * length..<min((piece + 1) * length, first.count) {
                        let value = Double(first[index])
                        let error = value - Double(second[index])
                        sum.energy += value * value
                        sum.error += error * error
                    }
                    return sum
                }
            }
        }
        self = parts.reduce(SquaredError(), +)
    }
}
