import BantamPasses

/// Rate–distortion quantization as a rule asks for it; tables and step are settled over all tensors of the rule.
public struct RateDistortionStep: Sendable {
    /// What decides on the step.
    public enum Goal: Sendable, Hashable {
        /// The step itself.
        case step(Float)
        /// A signal-to-noise ratio over the tensors, in dB.
        case sqnr(Double)
        /// Bits for each element of the tensors.
        case bitsPerWeight(Double)
        /// The budget of the recipe, over all rules that have this goal.
        case budget
    }

    /// What decides on the step.
    public var goal: Goal
    /// The machine, and what a bit is worth.
    public var quantization: RateDistortion
    /// What a squared error counts for beside that of other rules: the step is 1/√weight times the common one.
    public var weight: Double
    /// How indices are held; `nil`: as suits the coding of the recipe.
    public var form: TrellisQuantize.IndexForm?
    /// Whether a tensor with NaN or infinity is left as it is rather than refused.
    public var keepsNonFinite: Bool

    /// The step of the tensors for each unit of the common one.
    var relativeStep: Float { Float((1 / weight).squareRoot()) }
}
