import BantamRecipes

/// What was measured of a network's sensitivity to errors in its weights.
public struct SensitivityResult: Sendable {
    /// What the network makes of a tensor.
    public enum Use: Sendable {
        /// Errors in it reach the outputs.
        case measured
        /// Errors in it do not reach the outputs of the samples.
        case withoutEffect
        /// The network does not read it.
        case unused
    }

    /// What a squared error in a tensor counts for.
    public struct Weight: Sendable {
        /// The tensor's name.
        public var tensor: String
        /// Relative to the geometric mean over all elements; 1 for a tensor of which nothing was measured.
        public var weight: Double
        /// What the network makes of it.
        public var use: Use
    }

    /// The recipe with a rule for each tensor; as it was if equal weights lose least.
    public var recipe: Recipe
    /// The weights of its tensors, beside those of its rules.
    public var weights: [Weight]
    /// Samples that the network was run on.
    public var sampleCount: Int
    /// Samples in the data.
    public var dataCount: Int
    /// The mean squared error of an output in each trial; in the first one weights are as the recipe says.
    public var errors: [Double]
    /// The trial with the least error.
    public var chosen: Int
}
