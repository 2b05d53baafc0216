import BantamPasses
import BantamTensors

/// One pass of a rule.
public struct Step: Sendable {
    /// The line it stands on.
    public var line: Int
    /// The pass as written in the recipe, for plans: `prune sparsity 0.9`.
    public var label: String
    /// What the step does.
    public var action: Action

    /// What a step does.
    public enum Action: Sendable {
        /// A pass that looks at one tensor alone.
        case pass(any Pass)
        /// Pruning to a sparsity over all tensors of the rule together.
        case globalPruning(sparsity: Double)
        /// One palette for all tensors of the rule.
        case sharedPalette(Palettize)
        /// Rate–distortion quantization with a step for all tensors of the rule, or of the recipe.
        case rateDistortion(RateDistortionStep)
    }

    /// What recipes call the pass.
    var name: String {
        switch action {
        case .pass(let pass): pass.name
        case .globalPruning: "prune"
        case .sharedPalette(let pass): pass.name
        case .rateDistortion: "quantize"
        }
    }

    /// An error of the pass with the place of the step. What a recipe file asks for in vain is a fault of the
    /// file, what the command line asks for one of its arguments.
    func explained(_ error: BantamError, in file: String) -> BantamError {
        guard file != RecipeText.commandLine else {
            return BantamError(error.kind, "\(label): \(error.message)")
        }
        return BantamError(
            error.kind == .invalidArgument ? .corruption : error.kind,
            "\(label) (\(file), line \(line)): \(error.message)")
    }

    /// Why the step cannot apply to a tensor of this dtype and shape as it comes from the file; `nil` if it can.
    func objection(to dtype: DType, _ shape: Shape) -> String? {
        guard case .pass(let pass) = action else {
            return dtype.isRealFloat ? nil : "\(name) expects a float tensor, found \(dtype.rawValue)"
        }
        if let sparsify = pass as? Sparsify {
            return sparsify.format == .csr && shape.rank < 2
                ? "sparse csr expects a tensor of rank 2 or more, found shape \(shape)" : nil
        }
        guard dtype.isRealFloat else {
            return "\(pass.name) expects a float tensor, found \(dtype.rawValue)"
        }
        return pass is Factorize && shape.rank < 2
            ? "low-rank expects a tensor of rank 2 or more, found shape \(shape)" : nil
    }
}
