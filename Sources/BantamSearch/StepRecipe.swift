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
                "  - match: \(StepRecipe.pattern(of: name))", "    optional: true", "    passes:",
                "      - \(pass)",
            ]
        }
        lines += ["  - otherwise: keep", "coding: \(coding)"]
        if let optimize { lines += ["optimize: \(optimize)"] }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A glob that matches one name alone, as a quoted scalar.
    static func pattern(of name: String) -> String {
        var result = "\""
        for (position, scalar) in name.unicodeScalars.enumerated() {
            switch scalar {
            case "*", "?", "[": result += "[\(scalar)]"
            case "r" where position == 0: result += name.hasPrefix("re:") ? "[r]" : "r"
            case "\"", "\\": result += "\\\(scalar)"
            case _ where !(0x20..<0x7f).contains(scalar.value):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
