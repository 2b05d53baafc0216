// Why: weights that were quantized once and written out as floats again take a fraction when they are held by their
// codes; finding that must cost next to nothing where it is not so.

import BantamTensors

extension Quantized {
    /// The codes and scales that `tensor` was made from: decoded and rounded to its dtype they give every element bit
    /// for bit. `nil` if there are none.
    ///
    /// Found are float32, bfloat16 and float16 elements x = code·scale with codes of up to ±255 and one scale for the
    /// tensor, for each slice of axis 0, or for each group of 128, 64 or 32, whichever takes the fewest bits. Codes are the smallest
    /// possible, `int8` where they can be, with zero points if need be, else `int16`. Where there are −0, as rounding of
    /// small negative floats gives, codes of up to ±127 are looked up in a palette that has both zeros.
    ///
    /// - Complexity: that of ``mayBeRecovered(from:)`` if it says no, else O(elements). The result does not depend
    ///   on `workers`.
    public init?(recoveredFrom tensor: Tensor, workers: Workers) {
        let found: Quantized? =
            switch tensor.dtype {
            case .float32: RecoverySearch<SingleFloat>(tensor)?.recovered(workers)
            case .bfloat16: RecoverySearch<BrainFloat>(tensor)?.recovered(workers)
            case .float16: RecoverySearch<HalfFloat>(tensor)?.recovered(workers)
            default: nil
            }
        guard let found else { return nil }
        self = found
    }

    /// Whether samples of `tensor` have codes and scales. If not, ``init(recoveredFrom:workers:)`` gives none.
    ///
    /// - Complexity: microseconds for tensors that were never quantized, whatever their size; else a few of their rows.
    public static func mayBeRecovered(from tensor: Tensor) -> Bool {
        switch tensor.dtype {
        case .float32: RecoverySearch<SingleFloat>(tensor)?.isPlausible == true
        case .bfloat16: RecoverySearch<BrainFloat>(tensor)?.isPlausible == true
        case .float16: RecoverySearch<HalfFloat>(tensor)?.isPlausible == true
        default: false
        }
    }
}
