import BantamCoding
import BantamPasses
import BantamTensors
import BantamYAML

extension Recipe {
    /// The recipe in a YAML file.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that names file, line and rule.
    public init(contentsOf path: String) throws {
        try self.init(yaml: YAMLValue.text(contentsOf: path), file: path)
    }

    /// The recipe in a text; `file` stands for it in messages.
    public init(yaml text: String, file: String) throws {
        try self.init(YAMLValue(parsing: text, file: file), text: text)
    }

    private init(_ root: YAMLValue, text: String) throws {
        let entries = try root.mapping(
            of: "a recipe",
            keys: ["name", "budget", "rules", "coding", "optimize", "non-finite", "otherwise"])
        file = root.file
        self.text = text
        name = try entries["name"]?.string("a name") ?? file
        let keepsNonFinite = try entries["non-finite"].map(RuleParser.keepsNonFinite) ?? false
        coding = try Recipe.coding(entries["coding"], optimize: entries["optimize"])
        budget = try entries["budget"].map(Budget.init)
        guard let items = try entries["rules"]?.list(of: "rules") ?? (budget == nil ? nil : []) else {
            throw root.error("expected the key 'rules' with a list of rules")
        }
        var rules: [Rule] = []
        var keepsUnmatched = try entries["otherwise"].map(Recipe.keep) ?? false
        for item in items {
            let pairs = try item.pairs(of: "a rule")
            if let first = pairs.first, first.key == "otherwise" {
                guard pairs.count == 1, item.line == items.last?.line else {
                    throw item.error("'otherwise' stands alone and last")
                }
                keepsUnmatched = try Recipe.keep(first.value)
                continue
            }
            let parser = RuleParser(number: rules.count + 1, keepsNonFinite: keepsNonFinite)
            rules.append(try parser.rule(item))
        }
        if let value = entries["budget"], !keepsUnmatched {
            rules += try Recipe.budgetRules(value, keepingNonFinite: keepsNonFinite, after: rules.count)
            keepsUnmatched = true
        }
        self.rules = rules
        self.keepsUnmatched = keepsUnmatched
        try checkBudget(root, entries["budget"])
    }

    /// What a budget does with tensors that no rule matches: matrices get its step, other floats become float16
    /// where that is fewer bits.
    private static func budgetRules(
        _ value: YAMLValue, keepingNonFinite: Bool, after count: Int
    ) throws -> [Rule] {
        let matrices = TensorFilter(minimumRank: 2, minimumElements: 1024, onlyFloats: true)
        let wide = TensorFilter(onlyFloats: true, minimumBits: 17)
        let step = Step(
            line: value.line, label: "quantize weight 1",
            action: .rateDistortion(
                RateDistortionStep(
                    goal: .budget, quantization: RateDistortion(), weight: 1, keepsNonFinite: keepingNonFinite
                )))
        let cast = Step(
            line: value.line, label: "quantize fp16",
            action: .pass(try Cast(to: .float16, keepingNonFinite: true)))
        return try [(matrices, step), (wide, cast)].enumerated().map { index, rule in
            Rule(
                number: count + index + 1, line: value.line, patterns: [try NamePattern("*")], filter: rule.0,
                isOptional: true, steps: [rule.1])
        }
    }

    /// A budget and rules that leave their step to it need each other.
    private func checkBudget(_ root: YAMLValue, _ value: YAMLValue?) throws {
        let asking = rules.flatMap(\.steps).first { step in
            if case .rateDistortion(let asked) = step.action { asked.goal == .budget } else { false }
        }
        if budget == nil, let asking {
            throw BantamError(
                .corruption, file: file,
                "line \(asking.line): expected the key 'budget' in the recipe, which '\(asking.label)' needs")
        }
        if let value, asking == nil {
            throw value.error("expected a rule with 'quantize: {weight: 1}', which the budget decides on")
        }
    }

    /// The coding of the keys `coding` and `optimize`; without the first `auto`.
    private static func coding(_ name: YAMLValue?, optimize: YAMLValue?) throws -> Coding {
        let coding = try name?.string("a coding") ?? "auto"
        let optimization = try optimize.map { value in
            let name = try value.string("size, balanced or speed")
            do { return try Optimization(named: name) } catch let error as BantamError {
                throw value.error(error.message)
            }
        }
        do { return try Coding(named: coding, optimizing: optimization) } catch let error as BantamError {
            throw (optimization == nil ? name : optimize)?.error(error.message) ?? error
        }
    }

    /// `keep` is the only thing to do otherwise: a recipe that wants more writes a rule for `*`.
    private static func keep(_ value: YAMLValue) throws -> Bool {
        guard value.scalar == "keep" else {
            throw value.error("expected 'otherwise: keep', found \(value.kind)")
        }
        return true
    }
}
