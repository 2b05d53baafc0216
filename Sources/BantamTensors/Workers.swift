import Dispatch
import Glibc
import Synchronization

/// A number of threads to work with.
///
/// What is computed never depends on the number: work is cut into pieces by its size alone, and results
/// are put together in the order of the pieces.
public struct Workers: Sendable {
    /// How many threads may run at the same time.
    public let count: Int

    /// Work on `count` threads, by default one per processor of this machine.
    public init(_ count: Int = Workers.processors) { self.count = max(1, count) }

    /// One thread: the calling one.
    public static let one = Workers(1)

    /// The processors of this machine that are switched on.
    public static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Calls `body` for each index of `0 ..< pieces`, in any order, from up to `count` threads.
    ///
    /// - Throws: the error of the lowest failed piece, so that the message does not depend on timing.
    ///   Pieces above a failed one may be left out.
    public func forEach(_ pieces: Int, _ body: @Sendable (Int) throws -> Void) throws {
        let lanes = min(count, pieces)
        if lanes <= 1 {
            for piece in 0..<pieces { try body(piece) }
            return
        }
        let next = Atomic(0)
        let failure = Mutex<(piece: Int, error: any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: lanes) { _ in
            while true {
                let piece = next.add(1, ordering: .relaxed).oldValue
                guard piece < pieces, piece < failure.withLock({ $0?.piece ?? .max }) else { return }
                do {
                    try body(piece)
                } catch {
                    failure.withLock { if piece < ($0?.piece ?? .max) { $0 = (piece, error) } }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
    }

    /// The results of `body` for each index of `0 ..< pieces`, in order; see ``forEach(_:_:)``.
    public func map<Result: Sendable>(
        _ pieces: Int, _ body: @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: pieces))
        try forEach(pieces) { piece in
            let result = try body(piece)
            results.withLock { $0[piece] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }
}
