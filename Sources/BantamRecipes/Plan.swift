import BantamLoaders
import BantamTensors

/// A recipe resolved against a model: what happens to each tensor.
///
/// Making one reads no tensor, and finds every fault that can be known beforehand.
public struct Plan: Sendable {
    /// One tensor of the model and its fate.
    public struct Entry: Sendable {
        /// The tensor, at the same position as in the file.
        public var tensor: TensorEntry
        /// The rule that decides; none: kept because nothing matches.
        public var rule: Rule?
        /// What is done to it; empty: kept as it is.
        public var steps: [Step]
    }

    /// The recipe.
    public var recipe: Recipe
    /// The model's tensors in the order of the file.
    public var entries: [Entry]

    /// The fate of each tensor of `file`.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that names recipe, line, rule and tensor: for a rule that
    ///   matches no tensor, a tensor that no rule matches, a pass that cannot apply to a tensor.
    public init(_ recipe: Recipe, for file: any TensorFile) throws {
        self.recipe = recipe
        entries = try file.entries.map { tensor in
            let rule = recipe.rules.first {
                $0.matches(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape)
            }
            guard rule != nil || recipe.keepsUnmatched else {
                throw BantamError(
                    .corruption, file: recipe.file, tensor: tensor.name,
                    "no rule matches it; add one, or '- otherwise: keep'")
            }
            let steps = rule?.steps ?? []
            for step in steps {
                guard let objection = step.objection(to: tensor.dtype, tensor.shape) else { continue }
                throw BantamError(
                    .corruption, file: recipe.file, tensor: tensor.name,
                    "line \(step.line): rule \(rule?.number ?? 0): \(objection)")
            }
            return Entry(tensor: tensor, rule: rule, steps: steps)
        }
        let used = Set(entries.compactMap { $0.rule?.number })
        for rule in recipe.rules where !used.contains(rule.number) && !rule.isOptional {
            let patterns = rule.patterns.map { "'\($0.text)'" }.joined(separator: ", ")
            throw BantamError(
                .corruption, file: recipe.file,
                "line \(rule.line): rule \(rule.number) (\(patterns)) matches no tensor of \(file.path) "
                    + "that an earlier rule has left")
        }
    }

    /// Why a tensor is kept, for the output; `nil` if passes run over it, or if there are no rules at all.
    public func reasonKept(_ entry: Entry) -> String? {
        guard entry.steps.isEmpty, !recipe.rules.isEmpty else { return nil }
        guard let rule = entry.rule else { return "no rule matches it (otherwise: keep)" }
        return "\(rule.label) keeps it"
    }
}
