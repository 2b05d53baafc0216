import Bantam
import Glibc
import Synchronization

/// Bytes done and time left, on standard error, if that is a terminal.
final class ProgressBar: Sendable {
    private struct State {
        var lastDrawn: ContinuousClock.Instant?
        var isDrawn = false
    }

    private let label: String
    private let isShown: Bool
    private let total: Int
    private let done = Atomic(0)
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// A bar for `total` bytes.
    init(_ label: String, total: Int, quiet: Bool) {
        self.label = label
        self.total = total
        isShown = Terminal.errorIsTerminal && !quiet
    }

    /// Counts more bytes as done and draws the bar, at most ten times a second. Safe from any thread.
    func advance(by bytes: Int) {
        let done = done.add(bytes, ordering: .relaxed).newValue
        guard isShown, total > 0 else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.lastDrawn, now - last < .milliseconds(100) { return }
            state.lastDrawn = now
            state.isDrawn = true
            let fraction = Double(done) / Double(total)
            let elapsed = (now - start) / .seconds(1)
            let left = fraction > 0 ? elapsed / fraction - elapsed : 0
            let filled = Int(fraction * 24)
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
            Terminal.raw(
                "\r\u{1B}[K\(label) \(bar) \(Format.bytes(done)) of \(Format.bytes(total)), \(Int(left.rounded(.up))) s left"
            )
        }
    }

    /// Takes the bar away.
    func finish() {
        guard isShown else { return }
        state.withLock { if $0.isDrawn { Terminal.raw("\r\u{1B}[K") } }
    }
}
