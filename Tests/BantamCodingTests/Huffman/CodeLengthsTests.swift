import BantamTestSupport
import Testing

@testable import BantamCoding

/// Package-merge against every code there is, and against Huffman's own where no word is too long.
@Suite struct CodeLengthsTests {
    static func cost(_ counts: [Int], _ lengths: [UInt8]) -> Int {
        zip(counts, lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
    }

    /// The least cost of a prefix code with words of up to `limit` bits, by trying all of them: lengths that
    /// fall in the order of the counts, and leave room by Kraft's inequality.
    static func leastCost(_ sorted: ArraySlice<Int>, from shortest: Int, limit: Int, room: Int) -> Int? {
        guard let first = sorted.first else { return 0 }
        var best: Int?
        for length in shortest...limit where room >= 1 << (limit - length) {
            let rest = leastCost(
                sorted.dropFirst(), from: length, limit: limit, room: room - 1 << (limit - length))
            if let rest { best = min(best ?? .max, rest + first * length) }
        }
        return best
    }

    /// Huffman's construction: the two cheapest become one, over and over; the cost is the sum of all sums.
    static func unlimitedCost(_ counts: [Int]) -> Int {
        var trees = counts.filter { $0 > 0 }
        var cost = 0
        while trees.count > 1 {
            trees.sort(by: >)
            let sum = trees.removeLast() + trees.removeLast()
            cost += sum
            trees.append(sum)
        }
        return cost
    }

    static func isComplete(_ lengths: [UInt8], limit: Int) -> Bool {
        lengths.reduce(0) { $0 + ($1 == 0 ? 0 : 1 << (limit - Int($1))) } == 1 << limit
    }

    @Test func noShorterCodeExists() throws {
        var generator = SeededGenerator(seed: 3)
        for limit in 1...6 {
            for count in 2...min(7, 1 << limit) {
                for round in 0..<20 {
                    let counts = (0..<count).map { _ in
                        round % 2 == 0
                            ? Int.random(in: 1...30, using: &generator)
                            : 1 << Int.random(in: 0...12, using: &generator)
                    }
                    let lengths = CodeLengths.optimal(for: counts, limit: limit)
                    #expect(
                        lengths.allSatisfy { 1...limit ~= Int($0) } && Self.isComplete(lengths, limit: limit))
                    let least = Self.leastCost(
                        counts.sorted(by: >)[...], from: 1, limit: limit, room: 1 << limit)
                    #expect(Self.cost(counts, lengths) == least, "\(counts) in \(limit)")
                }
            }
        }
    }

    @Test func withoutLongWordsItIsHuffmans() {
        var generator = SeededGenerator(seed: 4)
        for count in [2, 3, 30, 100, 256] {
            var counts = [Int](repeating: 0, count: 256)
            for symbol in 0..<count { counts[symbol] = Int.random(in: 50...1000, using: &generator) }
            let lengths = CodeLengths.optimal(for: counts, limit: 12)
            #expect(Self.cost(counts, lengths) == Self.unlimitedCost(counts))
            #expect(zip(counts, lengths).allSatisfy { ($0 > 0) == ($1 > 0) })
        }
    }

    /// Fibonacci's numbers make Huffman's words as long as can be; the limit costs little.
    @Test func longWordsAreCut() {
        var counts = [1, 1]
        while counts.count < 30 { counts.append(counts.suffix(2).reduce(0, +)) }
        let lengths = CodeLengths.optimal(for: counts, limit: 12)
        #expect(lengths.max() == 12 && Self.isComplete(lengths, limit: 12))
        #expect(Self.cost(counts, lengths) > Self.unlimitedCost(counts))
        #expect(Self.cost(counts, lengths) * 1000 < Self.unlimitedCost(counts) * 1003)
    }

    @Test func allBytesEquallyOften() {
        #expect(
            CodeLengths.optimal(for: [Int](repeating: 9, count: 256), limit: 12)
                == [UInt8](repeating: 8, count: 256))
        #expect(CodeLengths.optimal(for: [0, 5, 0, 70], limit: 12) == [0, 1, 0, 1])
    }
}
