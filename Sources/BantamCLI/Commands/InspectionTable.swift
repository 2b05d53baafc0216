import Bantam

/// An inspection for a terminal.
struct InspectionTable {
    private let inspection: Inspection

    init(_ inspection: Inspection) { self.inspection = inspection }

    func lines(width: Int) -> [String] {
        var table = Table([
            .text("tensor"), .text("dtype", dispensable: 2), .text("shape"),
            .text("held as", dispensable: 6), .text("coded by", dispensable: 3), .number("bytes"),
            .number("stored", dispensable: 3),
            .number("entropy", dispensable: 4), .number("exponent", dispensable: 7),
            .number("codes", dispensable: 6), .number("bound"), .number("bpw"),
            .number("above", dispensable: 1), .number("min", dispensable: 8), .number("max", dispensable: 9),
            .number("std", dispensable: 5), .number("zeros", dispensable: 2),
            .text("passes", dispensable: 10),
        ])
        table.rows = inspection.items.flatMap { item in
            // Where several arrays hold a tensor each has a row too.
            [row(item)] + (item.arrays.count > 1 ? item.arrays.map { row($0, of: item) } : [])
        }
        let elements = inspection.elementCount
        var lines = ["\(inspection.path): \(inspection.format), \(Format.bytes(inspection.fileByteCount))"]
        lines[0] += ", \(inspection.items.count) tensors, \(elements) elements"
        if let used = inspection.bitsPerWeight {
            lines.append(
                "  bits per weight: \(bits(used)) in the file, order-0 bound "
                    + "\(bits(inspection.bound, inspection.boundBasis)), "
                    + "\(bits(used - inspection.bound)) between them")
        }
        lines += inspection.metadata.map { "  \(oneLine($0.key)): \(oneLine($0.value))" }
        lines += table.lines(width: width)
        return lines
    }

    private func row(_ item: Inspection.Item) -> [String] {
        let statistics = item.statistics
        return [
            oneLine(item.entry.name), item.entry.dtype.rawValue, "\(item.entry.shape)", item.encoding,
            Format.coders(item.coders),
            Format.bytes(item.entry.byteCount), Format.bytes(item.byteCount),
            bits(statistics.entropy, statistics.entropyBasis), bits(statistics.exponentEntropy),
            bits(item.codeEntropy, item.codeEntropyBasis), bits(item.bound, item.boundBasis),
            bits(item.bitsPerWeight), bits(item.distance),
            value(statistics.range?.lowerBound), value(statistics.range?.upperBound),
            value(statistics.standardDeviation), Format.percent(statistics.sparsity),
            statistics.nonFiniteCount > 0
                ? "\(statistics.nonFiniteCount) not finite" : item.passes.joined(separator: " "),
        ]
    }

    private func row(_ array: Inspection.HeldArray, of item: Inspection.Item) -> [String] {
        [
            "  .\(array.part)", array.kind, "\(array.shape)", array.isShared ? "shared" : "",
            Format.coders(array.coder.map { [$0] } ?? []),
            Format.bytes(array.rawByteCount), Format.bytes(array.byteCount), bits(array.entropy, array.basis),
            "", "",
            bits(item.perWeight(array.bound), array.basis), bits(item.perWeight(8 * Double(array.byteCount))),
            bits(item.perWeight(8 * Double(array.byteCount) - array.bound)), "", "", "", "", "",
        ]
    }

    private func bits(_ value: Double?, _ basis: ElementEntropy.Basis = .order0) -> String {
        value.map { Format.bitsPerWeight($0).marked(basis) } ?? "–"
    }

    private func value(_ value: Double?) -> String { value.map { Format.number($0) } ?? "–" }
}

extension String {
    /// A figure, marked where it is only an upper bound of the entropy.
    func marked(_ basis: ElementEntropy.Basis) -> String { basis == .order0 ? self : "≤" + self }
}
