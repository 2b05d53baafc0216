// Why: what a search finds is a recipe like any other: it can be read, kept, changed and run again without the data.

import BantamRecipes
import BantamTensors

/// A recipe with a rule for each tensor of a model, written out as YAML.
struct StepRecipe: Sendable {
    /// What is done to one tensor.
    enum Treatment: Sendable, Hashable {
        /// Rounded to multiples of a step; what is under `deadZone` steps becomes zero.
        case steps(Float, deadZone: Float)
        /// Held in 16 bits.
        case half
        /// Kept as it is.
        case keep
    }

    /// The tensors by name, in the order of the file.
    var tensors: [(name: String, treatment: Treatment)]
    var coding: String
    var optimize: String?
    var comment: String

    /// The YAML.
    var text: String {
        var lines = ["# \(comment)", "name: max-loss", "non-finite: keep", "rules:"]
        for (name, treatment) in tensors {
            let pass: String
            switch treatment {
            case .keep: continue
            case .half: pass = "quantize: fp16"
            case .steps(let step, let deadZone): pass = "round: {step: \(step), dead-zone: \(deadZone)}"
            }
            lines += [
                "  - match: \(RecipeText.pattern(of: name))", "    optional: true", "    passes:",
                "      - \(pass)",
            ]
        }
        lines += ["  - otherwise: keep", "coding: \(coding)"]
        if let optimize { lines += ["optimize: \(optimize)"] }
        return lines.joined(separator: "\n") + "\n"
    }
}
