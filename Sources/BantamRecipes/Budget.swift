import BantamPasses
import BantamTensors
import BantamYAML

/// What a whole model may take, or must keep.
///
/// One step for all matrices, times what each rule makes of it, is where the slope of rate against weighted error is
/// the same everywhere: no bit would buy more elsewhere (D. Taubman, M. Marcellin, "JPEG2000", 2002, chapter 5).
public struct Budget: Sendable {
    /// What is given.
    public enum Goal: Sendable, Hashable {
        /// The common step, as an earlier run found it, and the one that its tables were trained for.
        case step(Float, trained: Float)
        /// Bits for each element of the model, for the whole file.
        case bitsPerWeight(Double)
        /// At most this fraction of the original file.
        case size(Double)
        /// The signal-to-noise ratio over what is quantized, in dB.
        case sqnr(Double)
    }

    /// What is given.
    public var goal: Goal
    /// The machine and what a bit is worth.
    public var quantization: RateDistortion
}

extension Budget {
    /// The value of the key `budget`: `{bpw: 3.5}`, `{size: 25%}`, `{sqnr: 29.5}` or `{step: 0.01}`, and `states`.
    init(_ value: YAMLValue) throws {
        let entries = try value.mapping(
            of: "budget", keys: ["bpw", "size", "sqnr", "step", "trained", "states"])
        let goals = entries.filter { $0.key != "states" && $0.key != "trained" }
        guard let (name, amount) = goals.first, goals.count == 1 else {
            throw value.error("expected one of bpw, size, sqnr and step in budget")
        }
        if name != "step", let trained = entries["trained"] {
            throw trained.error("expected 'trained' beside a step, found \(name)")
        }
        switch name {
        case "bpw": goal = .bitsPerWeight(try amount.double(name, in: 0.001...64))
        case "size":
            guard let text = amount.scalar, text.hasSuffix("%"), let percent = Double(text.dropLast()),
                percent > 0, percent <= 100
            else { throw amount.error("expected a size such as 25%, found \(amount.kind)") }
            goal = .size(percent / 100)
        case "sqnr": goal = .sqnr(try amount.double(name, in: 0.01...150))
        default:
            let step = Float(try amount.double(name, in: 0x1p-120...0x1p120))
            let trained = try entries["trained"]?.double("trained", in: 0x1p-120...0x1p120)
            goal = .step(step, trained: trained.map { Float($0) } ?? step)
        }
        quantization = RateDistortion(code: try RuleParser.code(entries["states"]) ?? .states64)
    }
}

extension Recipe {
    /// The recipe with the step that its budget came to, as YAML: it gives the same bytes without a search.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the budget does not stand on lines of its own.
    public func replaying(step: Float, trained: Float) throws -> String {
        guard let budget else { return text }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("budget:") }) else {
            throw BantamError(
                .invalidArgument, file: file, "expected 'budget:' at the start of a line to save the recipe")
        }
        let end = lines[(first + 1)...].firstIndex { !$0.hasPrefix(" ") } ?? lines.endIndex
        let line =
            "budget: {step: \(Double(step)), trained: \(Double(trained)), states: \(budget.quantization.code.stateCount)}"
        lines.replaceSubrange(first..<end, with: [line[...]])
        return lines.joined(separator: "\n")
    }
}
