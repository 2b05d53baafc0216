import Bantam

/// The rows of the table: what is timed, in what order.
struct Suite {
    /// One thing to time.
    struct Row {
        var name: String
        /// The bytes whose passage the speed counts: the float32 side, unless the name says otherwise.
        var bytes: Int
        var work: () throws -> Void
    }

    /// A figure of one row.
    struct Figure {
        var name: String
        /// Medians and extremes over the repetitions, in seconds.
        var median: Double
        var fastest: Double
        var slowest: Double
        var bytes: Int

        var gigabytesPerSecond: Double { Double(bytes) / median / 1e9 }
    }

    var repetitions: Int
    var rows: [Row] = []

    mutating func add(_ name: String, bytes: Int, _ work: @escaping () throws -> Void) {
        rows.append(Row(name: name, bytes: bytes, work: work))
    }

    /// Times memcpy and every row whose name contains `filter`. Repetitions go round all rows, so that a slow moment of
    /// the machine does not fall on one of them alone; the first round warms up and does not count.
    func run(filter: String?) throws -> [Figure] {
        let chosen = rows.filter { row in
            filter.map { row.name.contains($0) || row.name == "memcpy" } ?? true
        }
        var times = [[Double]](repeating: [], count: chosen.count)
        let clock = ContinuousClock()
        for repetition in 0...repetitions {
            for (index, row) in chosen.enumerated() {
                let elapsed = try clock.measure { try row.work() }
                let (seconds, attoseconds) = elapsed.components
                if repetition > 0 { times[index].append(Double(seconds) + Double(attoseconds) * 1e-18) }
            }
        }
        return zip(chosen, times).map { row, times in
            let sorted = times.sorted()
            return Figure(
                name: row.name, median: sorted[sorted.count / 2], fastest: sorted[0],
                slowest: sorted[sorted.count - 1], bytes: row.bytes)
        }
    }
}
