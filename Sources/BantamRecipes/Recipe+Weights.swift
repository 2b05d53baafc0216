import BantamLoaders
import BantamPasses
import BantamTensors

extension Recipe {
    /// The recipe with a rule of its own for each tensor on whose step the budget decides, which says what its squared
    /// errors count for.
    ///
    /// Nothing else changes: pruning over all tensors of a rule becomes the sparsity that it comes to in each.
    ///
    /// - Parameters:
    ///   - weights: by position in `source`; a tensor without one keeps that of its rule.
    ///   - comment: the first line of the new recipe.
    /// - Complexity: O(elements) if a rule prunes globally, else no tensor is read.
    /// - Throws: ``BantamError`` as ``Plan/init(_:for:)``, and of kind `invalidArgument` if the rules do not begin on lines
    ///   of their own.
    public func weighted(
        by weights: [Int: Double], for source: any TensorFile, comment: String, workers: Workers = Workers()
    ) throws -> Recipe {
        let plan = try Plan(self, for: source)
        let zeros = try GlobalZeros(plan, source, workers: workers)
        var rules: [Int: [[String]]] = [:]
        for (index, entry) in plan.entries.enumerated() {
            guard let rule = entry.rule, let own = entry.budgetWeight,
                case .rateDistortion(let asked)? = entry.steps.last?.action
            else { continue }
            let options =
                "weight: \(weights[index] ?? own)" + (asked.keepsNonFinite ? ", non-finite: keep" : "")
            let passes =
                try entry.steps.dropLast().map { try written($0, zeros[index], entry) } + [
                    "quantize: {\(options)}"
                ]
            rules[rule.number, default: []].append(
                ["match: \(RecipeText.pattern(of: entry.tensor.name))", "passes:"]
                    + passes.map { "  - \($0)" })
        }
        let text = try RuleLines(self).replacing(rules)
        return try Recipe(yaml: "# \(comment)\n" + text, file: file)
    }

    /// A pass before the quantization, as recipes write it.
    private func written(_ step: Step, _ zeros: Int?, _ entry: Plan.Entry) throws -> String {
        switch step.action {
        case .globalPruning:
            // The quotient of two whole numbers, times the second, rounds to the first.
            let count = max(entry.tensor.shape.elementCount, 1)
            return "prune: {sparsity: \(Double(zeros ?? 0) / Double(count))}"
        case .pass(let prune as Prune):
            switch prune.amount {
            case .sparsity(let sparsity): return "prune: {sparsity: \(sparsity)}"
            case .threshold(let threshold): return "prune: {threshold: \(Double(threshold))}"
            case .zeros: break
            }
        case .pass(let cast as Cast):
            return
                "quantize: {bits: \(cast.dtype == .float16 ? "fp16" : "bf16")"
                + (cast.keepingNonFinite ? ", non-finite: keep}" : "}")
        default: break
        }
        throw BantamError(
            .invalidArgument, file: file,
            "line \(step.line): expected only prune before the quantization to give each tensor a weight, found "
                + step.label)
    }
}

extension Plan.Entry {
    /// What a squared error in the tensor counts for, if the budget of the recipe decides on its step.
    public var budgetWeight: Double? {
        guard case .rateDistortion(let asked)? = steps.last?.action, asked.goal == .budget else { return nil }
        return asked.weight
    }
}
