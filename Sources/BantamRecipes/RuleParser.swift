import BantamEncodings
import BantamPasses
import BantamTensors
import BantamYAML

/// Reads one rule of a recipe. Every message names the rule.
struct RuleParser {
    var number: Int
    var keepsNonFinite: Bool

    static func keepsNonFinite(_ value: YAMLValue) throws -> Bool {
        switch try value.string("keep or error") {
        case "keep": return true
        case "error": return false
        default: throw value.error("expected non-finite keep or error, found \(value.kind)")
        }
    }

    func rule(_ value: YAMLValue) throws -> Rule {
        do {
            let entries = try value.mapping(
                of: "a rule", keys: ["match", "where", "optional", "keep", "passes"])
            guard let match = entries["match"] else { throw value.error("expected the key 'match'") }
            return Rule(
                number: number, line: value.line, patterns: try patterns(match),
                filter: try entries["where"].map(filter) ?? TensorFilter(),
                isOptional: try entries["optional"]?.bool("optional") ?? false,
                steps: try steps(entries, of: value))
        } catch let error as BantamError {
            // "line 7: …" becomes "line 7: rule 2: …".
            let message = error.message.split(separator: ": ", maxSplits: 1)
            throw BantamError(
                error.kind, file: error.file,
                message.count == 2 ? "\(message[0]): rule \(number): \(message[1])" : error.message)
        }
    }

    private func patterns(_ value: YAMLValue) throws -> [NamePattern] {
        let items = value.isList ? try value.list(of: "patterns") : [value]
        guard !items.isEmpty else { throw value.error("expected at least one pattern") }
        return try items.map { item in
            try explaining(item) { try NamePattern(item.string("a pattern")) }
        }
    }

    private func filter(_ value: YAMLValue) throws -> TensorFilter {
        let entries = try value.mapping(of: "where", keys: ["min-rank", "min-elements", "dtype"])
        var filter = TensorFilter()
        filter.minimumRank = try entries["min-rank"]?.int("min-rank", in: 0...64) ?? 0
        filter.minimumElements = try entries["min-elements"]?.int("min-elements", in: 0...Int.max) ?? 0
        if let dtype = entries["dtype"] {
            guard dtype.scalar == "float" else {
                throw dtype.error("expected dtype float, found \(dtype.kind)")
            }
            filter.onlyFloats = true
        }
        return filter
    }

    private func steps(_ entries: [String: YAMLValue], of rule: YAMLValue) throws -> [Step] {
        if let keep = entries["keep"] {
            guard try keep.bool("keep"), entries["passes"] == nil else {
                throw keep.error("expected either 'keep: true' or 'passes'")
            }
            return []
        }
        guard let passes = entries["passes"] else { throw rule.error("expected 'passes' or 'keep: true'") }
        let steps = try passes.list(of: "passes").map(step)
        guard !steps.isEmpty else { throw passes.error("expected at least one pass, or 'keep: true'") }
        var order = StepOrder()
        for step in steps {
            guard let objection = order.objection(to: step) else { continue }
            throw BantamError(.corruption, file: rule.file, "line \(step.line): \(objection)")
        }
        return steps
    }

    private func step(_ value: YAMLValue) throws -> Step {
        let pairs = try value.pairs(of: "a pass")
        guard let (name, options) = pairs.first, pairs.count == 1 else {
            throw value.error("expected one pass an item, found \(pairs.count)")
        }
        return try explaining(options) {
            switch name {
            case "quantize": try quantize(options)
            case "palettize": try palettize(options)
            case "round": try round(options)
            case "prune": try prune(options)
            case "sparse": try sparse(options)
            case "low-rank": try lowRank(options)
            default:
                throw value.error(
                    "unknown pass '\(name)'; expected quantize, palettize, round, prune, sparse or low-rank")
            }
        }
    }

    private func prune(_ value: YAMLValue) throws -> Step {
        let entries =
            value.isMapping
            ? try value.mapping(of: "prune", keys: ["sparsity", "threshold", "scope"]) : ["sparsity": value]
        let scope = try entries["scope"]?.string("a scope") ?? "local"
        guard scope == "local" || scope == "global" else {
            throw value.error("expected scope local or global, found '\(scope)'")
        }
        switch (entries["sparsity"], entries["threshold"]) {
        case (let sparsity?, nil):
            let fraction = try sparsity.double("sparsity", in: 0...1)
            return Step(
                line: value.line, label: "prune \(scope) sparsity \(fraction)",
                action: scope == "global"
                    ? .globalPruning(sparsity: fraction) : .pass(try Prune(.sparsity(fraction))))
        case (nil, let threshold?):
            let magnitude = try threshold.double("threshold", in: 0...Double(Float.greatestFiniteMagnitude))
            return Step(
                line: value.line, label: "prune under \(magnitude)",
                action: .pass(try Prune(.threshold(Float(magnitude)))))
        default: throw value.error("expected either sparsity or threshold in prune")
        }
    }

    private func sparse(_ value: YAMLValue) throws -> Step {
        let name =
            value.isMapping
            ? try value.mapping(of: "sparse", keys: ["format"])["format"]?.string("a format") ?? "auto"
            : try value.string("a sparse format")
        guard let format = Sparsify.Format(rawValue: name) else {
            let names = Sparsify.Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw value.error("expected a sparse format out of \(names), found '\(name)'")
        }
        return Step(line: value.line, label: "sparse \(name)", action: .pass(Sparsify(format)))
    }

    private func lowRank(_ value: YAMLValue) throws -> Step {
        let entries = try value.mapping(of: "low-rank", keys: ["rank", "energy", "error", "ratio", "method"])
        let methodName = try entries["method"]?.string("a method") ?? "auto"
        guard let method = Factorize.Method(rawValue: methodName) else {
            throw value.error("expected method auto, exact or randomized, found '\(methodName)'")
        }
        let targets = entries.filter { $0.key != "method" }
        guard let (name, amount) = targets.first, targets.count == 1 else {
            throw value.error("expected one of rank, energy, error and ratio in low-rank")
        }
        let target: Factorize.Target =
            switch name {
            case "rank": .rank(try amount.int("rank", in: 1...Int.max))
            case "energy": .energy(try amount.double("energy", in: 0...1))
            case "error": .error(try amount.double("error", in: 0...1))
            default: .ratio(try amount.double("ratio", in: 0...1))
            }
        return Step(
            line: value.line, label: "low-rank \(name) \(amount.scalar ?? "")",
            action: .pass(try Factorize(target, method: method)))
    }

    /// Faults that a pass finds in its parameters become faults of the line they stand on.
    func explaining<Result>(_ value: YAMLValue, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as BantamError where error.file == nil {
            throw value.error(error.message)
        }
    }
}
