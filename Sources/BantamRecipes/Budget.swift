import BantamPasses

/// What a whole model may take, or must keep.
///
/// One step for all matrices, times what each rule makes of it, is where the slope of rate against weighted error is
/// the same everywhere: no bit would buy more elsewhere (D. Taubman, M. Marcellin, "JPEG2000", 2002, chapter 5).
public struct Budget: Sendable {
    /// What is given.
    public enum Goal: Sendable, Hashable {
        /// The common step, as an earlier run found it.
        case step(Float)
        /// Bits for each element of the model, for the whole file.
        case bitsPerWeight(Double)
        /// At most this fraction of the original file.
        case size(Double)
        /// The signal-to-noise ratio over what is quantized, in dB.
        case sqnr(Double)
    }

    /// What is given.
    public var goal: Goal
    /// The machine and what a bit is worth.
    public var quantization: RateDistortion
}
