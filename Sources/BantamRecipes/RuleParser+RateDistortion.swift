import BantamEncodings
import BantamPasses
import BantamTensors
import BantamYAML

/// What recipes call `quantize` with a step, a goal or a weight.
extension RuleParser {
    static let rateDistortionKeys: Set = ["step", "sqnr", "rate", "weight", "states", "indices"]

    func rateDistortion(_ value: YAMLValue) throws -> Step {
        let entries = try value.mapping(
            of: "quantize", keys: RuleParser.rateDistortionKeys.union(["non-finite"]))
        let goals = ["step", "sqnr", "rate"].compactMap { name in entries[name].map { (name, $0) } }
        guard goals.count <= 1, !goals.isEmpty || entries["weight"] != nil else {
            throw value.error(
                "expected one of step, sqnr and rate in quantize, or a weight in a recipe with a budget")
        }
        var goal = RateDistortionStep.Goal.budget
        var weight = 1.0
        var label: String
        if let (name, amount) = goals.first {
            if let weight = entries["weight"] {
                throw weight.error(
                    "expected a weight only where the budget decides on the step, found \(name)")
            }
            goal = try RuleParser.goal(name, amount)
            label = "quantize \(name) \(amount.scalar ?? "")"
        } else {
            weight = try entries["weight"]?.double("weight", in: 1e-6...1e6) ?? 1
            label = "quantize weight \(entries["weight"]?.scalar ?? "")"
        }
        let code = try RuleParser.code(entries["states"])
        if let code { label += ", \(code.stateCount) states" }
        if goal == .budget, let states = entries["states"] {
            throw states.error("expected the states beside the budget")
        }
        return Step(
            line: value.line, label: label,
            action: .rateDistortion(
                RateDistortionStep(
                    goal: goal, quantization: RateDistortion(code: code ?? .states64), weight: weight,
                    form: try entries["indices"].map(RuleParser.form),
                    keepsNonFinite: try entries["non-finite"].map(RuleParser.keepsNonFinite)
                        ?? keepsNonFinite)))
    }

    /// The goal called `name`.
    static func goal(_ name: String, _ amount: YAMLValue) throws -> RateDistortionStep.Goal {
        switch name {
        case "step":
            let step = try amount.double(name, in: 0x1p-120...0x1p120)
            return .step(Float(step))
        case "sqnr": return .sqnr(try amount.double(name, in: 0.01...150))
        default: return .bitsPerWeight(try amount.double(name, in: 0.001...32))
        }
    }

    /// How indices are held.
    private static func form(_ value: YAMLValue) throws -> TrellisQuantize.IndexForm {
        guard let form = value.scalar.flatMap({ TrellisQuantize.IndexForm(rawValue: $0) }) else {
            throw value.error(
                "expected indices as tables, codes or smallest, found \(value.scalar ?? value.kind)")
        }
        return form
    }

    /// The machine with so many states; `nil` if nothing is said.
    static func code(_ value: YAMLValue?) throws -> TrellisCode? {
        try value.map { value in
            guard let code = value.scalar.flatMap({ Int($0) }).flatMap({ TrellisCode(rawValue: $0) }) else {
                throw value.error("expected 8, 64 or 256 states, found \(value.kind)")
            }
            return code
        }
    }
}
