import Bantam

/// An inspection for a terminal.
struct InspectionTable {
    private let inspection: Inspection

    init(_ inspection: Inspection) { self.inspection = inspection }

    func lines(width: Int) -> [String] {
        var table = Table([
            .text("tensor"), .text("dtype", dispensable: 2), .text("shape"),
            .text("held as", dispensable: 5), .number("bytes"), .number("stored", dispensable: 3),
            .number("entropy", dispensable: 4), .number("exponent", dispensable: 7),
            .number("codes", dispensable: 6), .number("bound"), .number("bpw"),
            .number("above", dispensable: 1), .number("min", dispensable: 8), .number("max", dispensable: 9),
            .number("std", dispensable: 5), .number("zeros", dispensable: 2),
            .text("passes", dispensable: 10),
        ])
        table.rows = inspection.items.map { item in
            let statistics = item.statistics
            return [
                oneLine(item.entry.name), item.entry.dtype.rawValue, "\(item.entry.shape)", item.encoding,
                Format.bytes(item.entry.byteCount), Format.bytes(item.byteCount),
                bits(statistics.entropy), bits(statistics.exponentEntropy), bits(item.codeEntropy),
                bits(item.bound), bits(item.bitsPerWeight), bits(item.distance),
                value(statistics.range?.lowerBound), value(statistics.range?.upperBound),
                value(statistics.standardDeviation), Format.percent(statistics.sparsity),
                statistics.nonFiniteCount > 0
                    ? "\(statistics.nonFiniteCount) not finite" : item.passes.joined(separator: " "),
            ]
        }
        let elements = inspection.elementCount
        var lines = ["\(inspection.path): \(inspection.format), \(Format.bytes(inspection.fileByteCount))"]
        lines[0] += ", \(inspection.items.count) tensors, \(elements) elements"
        if let used = inspection.bitsPerWeight {
            lines.append(
                "  bits per weight: \(bits(used)) in the file, order-0 bound \(bits(inspection.bound)), "
                    + "\(bits(used - inspection.bound)) between them")
        }
        lines += inspection.metadata.map { "  \(oneLine($0.key)): \(oneLine($0.value))" }
        lines += table.lines(width: width)
        return lines
    }

    private func bits(_ value: Double?) -> String { value.map(Format.bitsPerWeight) ?? "–" }

    private func value(_ value: Double?) -> String { value.map { Format.number($0) } ?? "–" }
}
