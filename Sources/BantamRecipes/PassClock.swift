import Synchronization

/// Adds up the seconds that each kind of pass takes, over all tensors and threads.
final class PassClock: Sendable {
    private let seconds = Mutex<[(pass: String, seconds: Double)]>([])

    /// Runs `body` and counts its time for `pass`.
    func measure<Result>(_ pass: String, _ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer {
            let duration = ContinuousClock.now - start
            let elapsed =
                Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
            seconds.withLock { known in
                if let index = known.firstIndex(where: { $0.pass == pass }) {
                    known[index].seconds += elapsed
                } else {
                    known.append((pass, elapsed))
                }
            }
        }
        return try body()
    }

    /// The sums, passes in the order they run in.
    var total: [(pass: String, seconds: Double)] {
        let order = ["base", "low-rank", "prune", "quantize", "palettize", "sparse", "coding", "checksum"]
        return seconds.withLock { known in
            known.sorted { (order.firstIndex(of: $0.pass) ?? 9) < (order.firstIndex(of: $1.pass) ?? 9) }
        }
    }
}
