import BantamCoding
import BantamTensors

/// What to do to which tensors of a model.
///
/// The first rule that matches a tensor decides. `docs/recipes.md` describes the YAML form.
public struct Recipe: Sendable {
    /// The name, for reports.
    public var name: String
    /// The rules in order.
    public var rules: [Rule]
    /// Whether tensors that no rule matches are kept; else they are an error.
    public var keepsUnmatched: Bool
    /// What decides on the step of the rules that leave it open; `nil` if there are none.
    public var budget: Budget?
    /// The lossless coding of every stored array.
    public var coding: Coding
    /// The YAML it was read from.
    public var text: String
    /// The file it was read from, or what stands for it in messages.
    public var file: String
}

/// One rule of a recipe.
public struct Rule: Sendable {
    /// Its position in the recipe, from 1.
    public var number: Int
    /// The line it begins on.
    public var line: Int
    /// Matches if one of them does.
    public var patterns: [NamePattern]
    /// What else a tensor must be for the rule to match.
    public var filter: TensorFilter
    /// Whether the rule may match nothing.
    public var isOptional: Bool
    /// What is done to the tensors, in order; empty: they are kept as they are.
    public var steps: [Step]

    /// How messages call the rule: `rule 2 (line 7)`.
    public var label: String { "rule \(number) (line \(line))" }

    func matches(name: String, dtype: DType, shape: Shape) -> Bool {
        filter.accepts(dtype, shape) && patterns.contains { $0.matches(name) }
    }
}

/// What a tensor must be for a rule to match, beside its name.
public struct TensorFilter: Sendable {
    /// The smallest rank.
    public var minimumRank = 0
    /// The smallest number of elements.
    public var minimumElements = 0
    /// Whether only floating-point tensors match.
    public var onlyFloats = false
    /// The fewest bits of an element.
    var minimumBits = 0

    func accepts(_ dtype: DType, _ shape: Shape) -> Bool {
        dtype.bitWidth >= minimumBits && shape.rank >= minimumRank && shape.elementCount >= minimumElements
            && (!onlyFloats || dtype.isRealFloat)
    }
}
