// Why: neighbouring classes that differ little share their tables, above all when there is little data.

import BantamEncodings

/// Merges classes as long as the tables saved are larger than the bits lost.
struct ClassGrouping {
    private struct Group {
        var classCount: Int
        /// By quantizer and magnitude.
        var counts: [[UInt64]]
        var bits: Double
    }

    /// Groups for what was counted of a part of the data; `scale` is how much there is of the data for each counted.
    static func groups(of counts: IndexCounts, scale: Double) -> [TrellisTables.Group] {
        let classes = (0..<TrellisTables.classCount).map { `class` in
            (0..<2).map { quantizer in
                counts.counts(class: `class`, quantizer: quantizer).map { UInt64($0) }
            }
        }
        let used = 1 + (classes.flatMap { $0 }.map { $0.lastIndex { $0 > 0 } ?? 0 }.max() ?? 0)
        var groups: [Group] = []
        var empty = 0
        for counts in classes {
            let counts = counts.map { Array($0[..<used]) }
            if counts.allSatisfy({ $0.allSatisfy { $0 == 0 } }) {
                if groups.isEmpty { empty += 1 } else { groups[groups.count - 1].classCount += 1 }
                continue
            }
            groups.append(Group(classCount: 1 + empty, counts: counts, bits: bits(of: counts, scale)))
            empty = 0
        }
        if groups.isEmpty {
            let none = [[UInt64]](repeating: [1], count: 2)
            groups = [Group(classCount: TrellisTables.classCount, counts: none, bits: 0)]
        }
        merge(&groups, scale)
        return groups.map { group in
            let together = zip(group.counts[0], group.counts[1]).map { $0 + $1 }
            let rawBits = FrequencyTable.rawBits(for: together)
            let isShared = bits(ofShared: together, scale) < bits(ofSeparate: group.counts, scale)
            let tables = group.counts.map {
                FrequencyTable(counts: isShared ? together : $0, rawBits: rawBits)
            }
            return TrellisTables.Group(classCount: group.classCount, tables: tables)
        }
    }

    private static func merge(_ groups: inout [Group], _ scale: Double) {
        func merged(_ index: Int) -> Group {
            let (a, b) = (groups[index], groups[index + 1])
            let counts = (0..<2).map { zip(a.counts[$0], b.counts[$0]).map { $0 + $1 } }
            return Group(classCount: a.classCount + b.classCount, counts: counts, bits: bits(of: counts, scale))
        }
        var candidates = groups.indices.dropLast().map(merged)
        func gain(_ index: Int) -> Double {
            groups[index].bits + groups[index + 1].bits - candidates[index].bits
        }
        while let best = candidates.indices.max(by: { gain($0) < gain($1) }), gain(best) > 0 {
            groups[best] = candidates[best]
            groups.remove(at: best + 1)
            candidates.remove(at: best)
            if best > 0 { candidates[best - 1] = merged(best - 1) }
            if best < candidates.count { candidates[best] = merged(best) }
        }
    }

    private static func bits(of counts: [[UInt64]], _ scale: Double) -> Double {
        let together = zip(counts[0], counts[1]).map { $0 + $1 }
        return min(bits(ofShared: together, scale), bits(ofSeparate: counts, scale))
    }

    private static func bits(ofSeparate counts: [[UInt64]], _ scale: Double) -> Double {
        counts.reduce(0) { $0 + bits(ofShared: $1, scale) }
    }

    /// Coded indices, their signs apart, and their table.
    private static func bits(ofShared counts: [UInt64], _ scale: Double) -> Double {
        let total = counts.reduce(0, +)
        guard total > 0 else { return 0 }
        var bits = Double(total) * logarithm(total)
        var listed = 0
        for count in counts where count > 0 {
            bits -= Double(count) * logarithm(count)
            listed += count * 11000 > total ? 1 : 0
        }
        // Groups with a table have a mark and a size; a frequency takes about seven bits.
        return bits * scale + 20 + 7 * Double(min(listed, FrequencyTable.largestSymbol))
    }

    private static func logarithm(_ number: UInt64) -> Double {
        Double(BinaryLogarithm.fixedPoint(number)) / Double(1 << BinaryLogarithm.fractionBits)
    }
}
