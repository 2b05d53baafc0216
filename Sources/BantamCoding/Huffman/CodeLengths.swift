// Why: a decoder's table has an entry for every 12 bits, so no code may be longer; Huffman's own codes may.

/// The lengths of the shortest code in which no word is longer than a limit.
enum CodeLengths {
    /// Optimal lengths by package-merge: at each of `limit` levels, the items of the level below are paired and
    /// merged with the symbols; a symbol's length is how often it is among the 2n − 2 cheapest at the top.
    ///
    /// - Parameters:
    ///   - counts: by symbol; at least two are not zero, and no more than 2^limit.
    ///   - limit: the longest word, in bits.
    /// - Returns: by symbol; 0 for those that do not occur. The lengths make a complete code.
    /// - Complexity: O(limit · n + n log n) for n symbols that occur.
    ///
    /// Source: L. L. Larmore and D. S. Hirschberg, "A fast algorithm for optimal length-limited Huffman codes",
    /// 1990.
    static func optimal(for counts: [Int], limit: Int) -> [UInt8] {
        let symbols = counts.indices.filter { counts[$0] > 0 }.sorted {
            (counts[$0], $0) < (counts[$1], $1)
        }
        precondition(symbols.count > 1 && symbols.count <= 1 << limit)
        var levels = [symbols.map { Item(weight: counts[$0], isSymbol: true) }]
        for _ in 1..<limit { levels.append(merged(symbols.map { counts[$0] }, levels[levels.count - 1])) }

        var lengths = [UInt8](repeating: 0, count: counts.count)
        var taken = 2 * symbols.count - 2
        for level in levels.reversed() {
            let symbolCount = level[..<taken].count { $0.isSymbol }
            for symbol in symbols[..<symbolCount] { lengths[symbol] += 1 }
            // Each pair that was taken takes its two items below.
            taken = 2 * (taken - symbolCount)
        }
        return lengths
    }

    private struct Item {
        var weight: Int
        var isSymbol: Bool
    }

    /// The symbols and the pairs of `below`, by weight; symbols first among equals.
    private static func merged(_ weights: [Int], _ below: [Item]) -> [Item] {
        var result: [Item] = []
        result.reserveCapacity(weights.count + below.count / 2)
        var symbol = 0
        for first in stride(from: 0, to: below.count - 1, by: 2) {
            let weight = below[first].weight + below[first + 1].weight
            while symbol < weights.count, weights[symbol] <= weight {
                result.append(Item(weight: weights[symbol], isSymbol: true))
                symbol += 1
            }
            result.append(Item(weight: weight, isSymbol: false))
        }
        return result + weights[symbol...].map { Item(weight: $0, isSymbol: true) }
    }
}
