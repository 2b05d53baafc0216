import BantamCoding
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
            of: "a recipe", keys: ["name", "rules", "coding", "non-finite", "otherwise"])
        file = root.file
        self.text = text
        name = try entries["name"]?.string("a name") ?? file
        let keepsNonFinite = try entries["non-finite"].map(RuleParser.keepsNonFinite) ?? false
        coding =
            try entries["coding"].map { value in
                let name = try value.string("a coding")
                do { return try Coding(named: name) } catch let error as BantamError {
                    throw value.error(error.message)
                }
            } ?? .automatic
        guard let items = try entries["rules"]?.list(of: "rules") else {
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
        self.rules = rules
        self.keepsUnmatched = keepsUnmatched
    }

    /// `keep` is the only thing to do otherwise: a recipe that wants more writes a rule for `*`.
    private static func keep(_ value: YAMLValue) throws -> Bool {
        guard value.scalar == "keep" else {
            throw value.error("expected 'otherwise: keep', found \(value.kind)")
        }
        return true
    }
}
