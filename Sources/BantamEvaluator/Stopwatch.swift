// Times that can be compared: medians, and what is compared takes turns.

/// Wall-clock times of work that is repeated.
enum Stopwatch {
    /// The median times in seconds of `count` pieces of work, which take turns so that a busy moment of the
    /// machine hits all of them: of `runs` runs, or of fewer when they take longer than `limit` seconds
    /// together.
    static func medians(
        of count: Int = 1, runs: Int, within limit: Double, _ body: (Int) throws -> Void
    ) throws -> [Double] {
        let clock = ContinuousClock()
        var times = [[Double]](repeating: [], count: count)
        let start = clock.now
        repeat {
            for index in times.indices {
                times[index].append(try clock.measure { try body(index) } / .seconds(1))
            }
        } while times[0].count < runs && (clock.now - start) / .seconds(1) < limit
        return times.map { $0.sorted()[$0.count / 2] }
    }
}
