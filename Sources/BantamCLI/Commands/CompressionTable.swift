import Bantam

/// What became of each tensor, as a table and notes.
struct CompressionTable {
    private var table: Table

    init(_ outcomes: [Compression.Outcome]) {
        let hasSteps = outcomes.contains { $0.step != nil }
        // Equal weights say nothing.
        let hasWeights = outcomes.contains { $0.weight != nil && $0.weight != 1 }
        table = Table(
            [
                .text("tensor"), .text("dtype", dispensable: 3), .text("shape", dispensable: 1),
                .text("held as"), .text("coded by", dispensable: 2),
                .number("original", dispensable: 2),
                .number("stored"), .number("bpw"),
            ] + (hasSteps ? [.number("step", dispensable: 4)] : [])
                + (hasWeights ? [.number("weight", dispensable: 5)] : []))
        table.rows = outcomes.map { outcome in
            let elements = Double(max(outcome.tensor.shape.elementCount, 1))
            return [
                oneLine(outcome.tensor.name), outcome.tensor.dtype.rawValue, "\(outcome.tensor.shape)",
                outcome.encoding, Format.coders(outcome.coders), Format.bytes(outcome.tensor.byteCount),
                Format.bytes(outcome.byteCount),
                Format.bitsPerWeight(8 * Double(outcome.byteCount) / elements),
            ] + (hasSteps ? [outcome.step.map { "\($0)" } ?? ""] : [])
                + (hasWeights ? [outcome.weight.map { "\($0)" } ?? ""] : [])
        }
    }

    func print(quiet: Bool) throws {
        guard !quiet else { return }
        for line in table.lines(width: Terminal.width) { try Terminal.output(line) }
    }
}

extension Format {
    /// The coders of a tensor's arrays: `max+zstd`; a dash if all stand plain.
    static func coders(_ names: [String]) -> String { names.isEmpty ? "–" : names.joined(separator: "+") }
}
