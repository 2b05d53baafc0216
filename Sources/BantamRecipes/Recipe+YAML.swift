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
            of: "a recipe", keys: ["name", "rules", "coding", "optimize", "non-finite", "otherwise"])
        file = root.file
        self.text = text
        name = try entries["name"]?.string("a name") ?? file
        let keepsNonFinite = try entries["non-finite"].map(RuleParser.keepsNonFinite) ?? false
        coding = try Recipe.coding(entries["coding"], optimize: entries["optimize"])
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
        budget = nil
        self.keepsUnmatched = keepsUnmatched
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
