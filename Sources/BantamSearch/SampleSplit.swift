// Why: a step that was chosen by some samples looks better on them than it is. What is reported comes from samples that
// took no part.

/// Labelled samples in two halves: one to search with and one to report on.
///
/// Each class is shared out evenly, an odd sample of a class to the half that got fewer so far. Which samples of a class go
/// where, a seeded shuffle decides (SplitMix64; G. Steele et al., 2014), so that data in any order give halves that are
/// alike, and the same data always the same halves.
public struct SampleSplit: Sendable, Equatable {
    /// Positions of the samples to search with, in order.
    public let search: [Int]
    /// Positions of the samples to report on, in order.
    public let report: [Int]

    /// Halves of samples with these labels; the larger one, if the number is odd, is for the search.
    ///
    /// - Complexity: O(samples · log samples).
    public init(labels: [Int], seed: UInt64 = 0) {
        var generator = SplitMix(state: seed)
        let keys = labels.map { _ in generator.next() }
        var search: [Int] = []
        var report: [Int] = []
        for (_, samples) in Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted(by: {
            $0.key < $1.key
        }) {
            for sample in samples.sorted(by: { (keys[$0], $0) < (keys[$1], $1) }) {
                if search.count <= report.count { search.append(sample) } else { report.append(sample) }
            }
        }
        self.search = search.sorted()
        self.report = report.sorted()
    }
}

/// Random bits that a seed alone decides.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
