// Why: how often each value of a wide type occurs has no table to stand in, so it is counted in one that grows, as long
// as there are not too many values.

import Glibc

/// How often each of a set of numbers occurs, as long as at most ``limit`` are different.
struct ValueCounts: Sendable {
    /// The most different numbers that are counted: 32 MiB of memory.
    static let limit = 1 << 20
    /// A number that is this far from its place in the table is not looked for: only made-up data has such.
    private static let longestProbe = 1 << 10

    /// What is counted at each place of the table; a power of two of them, at most half in use.
    private var keys = [UInt64](repeating: 0, count: 1 << 10)
    /// How often; 0 at a place that is free.
    private var counts = [Int](repeating: 0, count: 1 << 10)
    /// The different numbers so far.
    private(set) var distinctCount = 0
    /// The numbers so far.
    private(set) var total = 0
    /// Whether every number was counted.
    private(set) var isComplete = true

    /// Counts numbers.
    ///
    /// - Complexity: O(count) expected.
    mutating func add<Word: FixedWidthInteger & UnsignedInteger>(_ words: UnsafeBufferPointer<Word>) {
        guard isComplete else { return }
        total += words.count
        var start = words.startIndex
        while isComplete, start < words.endIndex {
            start = addUntilFull(words, from: start)
            if start < words.endIndex { grow() }
        }
    }

    /// −Σ p log₂ p over the numbers; `nil` if not all were counted.
    var entropy: Double? {
        guard isComplete else { return nil }
        return counts.reduce(0.0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / Double(total)
            return sum - share * log2(share)
        }
    }

    /// Counts numbers until more than half of the table would be in use; the position of the first that was not counted.
    private mutating func addUntilFull<Word: FixedWidthInteger & UnsignedInteger>(
        _ words: UnsafeBufferPointer<Word>, from start: Int
    ) -> Int {
        let half = keys.count / 2
        let mask = keys.count - 1
        var distinct = distinctCount
        var next = start
        keys.withUnsafeMutableBufferPointer { keys in
            counts.withUnsafeMutableBufferPointer { counts in
                while next < words.endIndex,
                    let place = Self.place(of: UInt64(words[next]), keys, counts, mask)
                {
                    if counts[place] == 0 {
                        guard distinct < half else { break }
                        keys[place] = UInt64(words[next])
                        distinct += 1
                    }
                    counts[place] += 1
                    next += 1
                }
            }
        }
        distinctCount = distinct
        return next
    }

    /// Where a number stands, or could; `nil` if that is too far away.
    private static func place(
        of key: UInt64, _ keys: UnsafeMutableBufferPointer<UInt64>,
        _ counts: UnsafeMutableBufferPointer<Int>, _ mask: Int
    ) -> Int? {
        var hash = key ^ key >> 32
        hash = hash &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
        let first = Int(truncatingIfNeeded: hash)
        for step in 0..<longestProbe {
            let place = (first &+ step) & mask
            if counts[place] == 0 || keys[place] == key { return place }
        }
        return nil
    }

    /// Doubles the table, or gives up.
    private mutating func grow() {
        let (oldKeys, oldCounts) = (keys, counts)
        keys = []
        counts = []
        guard distinctCount < Self.limit, distinctCount * 2 >= oldKeys.count else {
            isComplete = false
            return
        }
        keys = [UInt64](repeating: 0, count: 2 * oldKeys.count)
        counts = [Int](repeating: 0, count: 2 * oldKeys.count)
        let mask = keys.count - 1
        keys.withUnsafeMutableBufferPointer { keys in
            counts.withUnsafeMutableBufferPointer { counts in
                for (key, count) in zip(oldKeys, oldCounts) where count > 0 {
                    guard let place = Self.place(of: key, keys, counts, mask) else {
                        isComplete = false
                        return
                    }
                    keys[place] = key
                    counts[place] = count
                }
            }
        }
    }
}
