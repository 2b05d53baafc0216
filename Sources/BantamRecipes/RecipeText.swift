/// Recipes of a single rule, written out as YAML, so that presets and the passes given on the command line
/// take the same way as a recipe file.
public enum RecipeText {
    /// What stands for the file of a recipe that was given as arguments.
    public static let commandLine = "command line"

    /// A recipe that runs `passes` over every float tensor of rank 2 or more with enough elements, and keeps the
    /// rest, or leaves it to `budget`.
    public static func recipe(
        name: String, comment: String?, budget: String? = nil, passes: [String], coding: String,
        optimize: String? = nil, minimumElements: Int = 1024
    ) -> String {
        var lines = comment.map { ["# \($0)"] } ?? []
        lines += ["name: \(name)"]
        if let budget { lines += ["budget: \(budget)"] }
        if passes.isEmpty, budget != nil {
            lines += ["rules: []"]
        } else if passes.isEmpty {
            lines += ["rules:", "  - otherwise: keep"]
        } else {
            lines += [
                "rules:", "  - match: \"*\"",
                "    where: {min-rank: 2, min-elements: \(minimumElements), dtype: float}",
                "    optional: true", "    passes:",
            ]
            lines += passes.map { "      - \($0)" }
            if budget == nil { lines += ["  - otherwise: keep"] }
        }
        lines += ["coding: \(coding)"]
        if let optimize { lines += ["optimize: \(optimize)"] }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A glob that matches one name alone, as a quoted scalar.
    public static func pattern(of name: String) -> String {
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
