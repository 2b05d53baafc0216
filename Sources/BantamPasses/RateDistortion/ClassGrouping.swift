// Why: neighbouring classes that differ little share their tables, above all when there is little data.

import BantamEncodings

/// Merges classes as long as the tables saved are larger than the bits lost.
struct ClassGrouping {
    /// For how many elements each counted one stands.
    private let scale: Double
    /// Bits that a frequency costs: seven to write it, and what is lost because it was only estimated from a sample:
    /// half an e-fold for the sample, which it fits too well, and half for the data, which it fits less well.
    /// Source: H. Akaike, "A new look at the statistical model identification", 1974.
    private let bitsOfFrequency: Double

    private init(scale: Double) {
        self.scale = scale
        bitsOfFrequency = 7 + 1.4427 * scale
    }

    private struct Group {
        var classCount: Int
        /// By quantizer and magnitude.
        var counts: [[UInt64]]
        var choice: Choice

        var together: [UInt64] { ClassGrouping.sum(counts[0], counts[1]) }
    }

    /// How a group's indices are best coded.
    private struct Choice {
        var rawBits: Int
        /// Whether both quantizers have the same table.
        var isShared: Bool
        var bits: Double
    }

    /// Groups for what was counted of a part of the data; `scale` is how much there is of the data for each counted.
    static func groups(of counts: IndexCounts, scale: Double) -> [TrellisTables.Group] {
        let grouping = ClassGrouping(scale: scale)
        let classes = (0..<TrellisTables.classCount).map { `class` in
            (0..<2).map { quantizer in
                let counts = counts.counts(class: `class`, quantizer: quantizer)
                return counts[...(counts.lastIndex { $0 > 0 } ?? 0)].map { UInt64($0) }
            }
        }
        var groups: [Group] = []
        var empty = 0
        for counts in classes {
            if counts.allSatisfy({ $0.allSatisfy { $0 == 0 } }) {
                if groups.isEmpty { empty += 1 } else { groups[groups.count - 1].classCount += 1 }
                continue
            }
            groups.append(Group(classCount: 1 + empty, counts: counts, choice: grouping.choice(counts)))
            empty = 0
        }
        if groups.isEmpty {
            let none: [[UInt64]] = [[1], [1]]
            groups = [
                Group(classCount: TrellisTables.classCount, counts: none, choice: grouping.choice(none))
            ]
        }
        grouping.merge(&groups)
        return groups.map { group in
            let tables = group.counts.map {
                FrequencyTable(
                    counts: group.choice.isShared ? group.together : $0, rawBits: group.choice.rawBits)
            }
            return TrellisTables.Group(classCount: group.classCount, tables: tables)
        }
    }

    private func merge(_ groups: inout [Group]) {
        func merged(_ index: Int) -> Group {
            let (a, b) = (groups[index], groups[index + 1])
            let counts = (0..<2).map { ClassGrouping.sum(a.counts[$0], b.counts[$0]) }
            return Group(classCount: a.classCount + b.classCount, counts: counts, choice: choice(counts))
        }
        var candidates = groups.indices.dropLast().map(merged)
        func gain(_ index: Int) -> Double {
            groups[index].choice.bits + groups[index + 1].choice.bits - candidates[index].choice.bits
        }
        while let best = candidates.indices.max(by: { gain($0) < gain($1) }), gain(best) > 0 {
            groups[best] = candidates[best]
            groups.remove(at: best + 1)
            candidates.remove(at: best)
            if best > 0 { candidates[best - 1] = merged(best - 1) }
            if best < candidates.count { candidates[best] = merged(best) }
        }
    }

    private static func sum(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        var (sum, other) = a.count < b.count ? (b, a) : (a, b)
        for index in other.indices { sum[index] += other[index] }
        other = []
        return sum
    }

    /// The cheapest way; more raw bits mean fewer frequencies, and indices that are taken for equally probable.
    private func choice(_ counts: [[UInt64]]) -> Choice {
        let together = ClassGrouping.sum(counts[0], counts[1])
        var best = Choice(rawBits: 0, isShared: false, bits: .infinity)
        for rawBits in 0...4 {
            let separate = bits(counts[0], rawBits) + bits(counts[1], rawBits)
            let shared = bits(together, rawBits)
            if min(separate, shared) < best.bits {
                best = Choice(rawBits: rawBits, isShared: shared < separate, bits: min(separate, shared))
            }
            if together.count >> rawBits < 4 { break }
        }
        return best
    }

    /// Coded indices, their signs apart, and their table.
    private func bits(_ counts: [UInt64], _ rawBits: Int) -> Double {
        let total = counts.reduce(0, +)
        guard total > 0 else { return 0 }
        var bits = Double(total) * logarithm(total)
        var listed = 0
        var escaped: UInt64 = 0
        func add(_ symbol: Int, _ magnitudes: Range<Int>) {
            let count = counts[magnitudes].reduce(0, +)
            guard count > 0 else { return }
            guard symbol <= FrequencyTable.largestSymbol, count * 11000 > total else {
                escaped += count
                for magnitude in magnitudes where counts[magnitude] > 0 {
                    bits += Double(counts[magnitude]) * Double(FrequencyTable.escapedBits(of: magnitude) - 1)
                }
                return
            }
            listed += 1
            bits -= Double(count) * logarithm(count)
            if symbol > 0 { bits += Double(count) * Double(rawBits) }
        }
        add(0, 0..<1)
        let width = 1 << rawBits
        var symbol = 1
        for start in stride(from: 1, to: counts.count, by: width) {
            add(symbol, start..<min(start + width, counts.count))
            symbol += 1
        }
        if escaped > 0 { bits -= Double(escaped) * logarithm(escaped) }
        return bits * scale + 20 + bitsOfFrequency * Double(listed)
    }

    private func logarithm(_ number: UInt64) -> Double {
        Double(BinaryLogarithm.fixedPoint(number)) / Double(1 << BinaryLogarithm.fractionBits)
    }
}
