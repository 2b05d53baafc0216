// Why: a recipe that gets a few rules of its own keeps its other lines, comments and all, as their author wrote them.

import BantamTensors
import BantamYAML

/// The lines of a recipe, with the place of each rule.
struct RuleLines {
    private var lines: [String]
    /// The lines of each item of `rules`, in order.
    private let items: [Range<Int>]
    private let indentation: String
    /// Where further rules go.
    private let end: Int

    /// Finds the rules.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if they do not begin on lines of their own.
    init(_ recipe: Recipe) throws {
        // libyaml's line breaks.
        lines = recipe.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(
            String.init)
        let pairs = try YAMLValue(parsing: recipe.text, file: recipe.file).pairs(of: "a recipe")
        let starts = try pairs.first { $0.key == "rules" }?.value.list(of: "rules").map { $0.line - 1 } ?? []
        guard let first = starts.first else {
            if lines.last == "" { lines.removeLast() }
            if let empty = lines.firstIndex(of: "rules: []") {
                lines[empty] = "rules:"
                end = empty + 1
            } else if pairs.contains(where: { $0.key == "rules" }) {
                throw RuleLines.fault(recipe)
            } else {
                lines.append("rules:")
                end = lines.count
            }
            lines.append("")
            (items, indentation) = ([], "  ")
            return
        }
        let lines = self.lines
        guard starts.allSatisfy(lines.indices.contains), Set(starts).count == starts.count else {
            throw RuleLines.fault(recipe)
        }
        let indentation = String(lines[first].prefix { $0 == " " })
        guard starts.allSatisfy({ lines[$0].hasPrefix(indentation + "- ") }) else {
            throw RuleLines.fault(recipe)
        }
        // The first line after the last rule that is indented no further than its dash, comments aside.
        let last = starts[starts.count - 1]
        let end =
            lines[(last + 1)...].firstIndex { line in
                line.prefix { $0 == " " }.count <= indentation.count && line.contains { $0 != " " }
                    && !line.drop { $0 == " " }.hasPrefix("#")
            } ?? lines.lastIndex { $0 != "" }.map { $0 + 1 } ?? lines.count
        items = zip(starts, starts.dropFirst() + [end]).map { $0..<$1 }
        (self.indentation, self.end) = (indentation, end)
    }

    private static func fault(_ recipe: Recipe) -> BantamError {
        BantamError(
            .invalidArgument, file: recipe.file,
            "expected each rule to begin on a line of its own, as in '  - match: …', to give each tensor a weight"
        )
    }

    /// The text with other rules in place of some.
    ///
    /// - Parameter rules: the lines of those that replace a rule, by its number from 1; what replaces none goes to the end.
    func replacing(_ rules: [Int: [[String]]]) -> String {
        var result = lines
        for (number, replacements) in rules.sorted(by: { $0.key > $1.key }) {
            let block = replacements.flatMap { rule in
                rule.enumerated().map { indentation + ($0 == 0 ? "- " : "  ") + $1 }
            }
            let place = items.indices.contains(number - 1) ? items[number - 1] : end..<end
            result.replaceSubrange(place, with: block)
        }
        return result.joined(separator: "\n")
    }
}
