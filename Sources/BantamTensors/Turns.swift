// Why: checksums and places in a file follow an order that pieces of parallel work do not finish in.

import Glibc

/// Lets pieces of parallel work through one at a time, in an order that is known beforehand.
///
/// There are several chains, each with an order of its own. A piece may only wait for pieces with lower
/// numbers; see ``Workers/forEach(_:turns:_:)``, which begins them in that order and makes sure that nobody waits
/// for a piece that failed.
///
///     let turns = Turns(chains: 1)
///     try workers.forEach(blocks.count, turns: turns) { piece in
///         let coded = encode(blocks[piece])
///         let place = try turns.take(piece, position: piece, chain: 0) { reserve(coded.count) }
///         try write(coded, at: place)
///     }
public final class Turns: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    /// Whose turn it is in each chain.
    private var next: [Int]
    /// The lowest piece that failed: those above it need not go on.
    private var failed = Int.max

    /// Chains whose first turn has position 0.
    public init(chains: Int) {
        next = [Int](repeating: 0, count: chains)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Waits until all lower positions of the chain have had their turn, and calls `body`; no other turn of the
    /// chain runs meanwhile.
    ///
    /// - Parameter piece: the number of the piece of work that calls.
    /// - Throws: what `body` throws; some error if a piece with a lower number failed.
    public func take<Result>(
        _ piece: Int, position: Int, chain: Int, _ body: () throws -> Result
    ) throws -> Result {
        pthread_mutex_lock(mutex)
        while next[chain] != position && piece < failed { pthread_cond_wait(changed, mutex) }
        let isMine = next[chain] == position
        pthread_mutex_unlock(mutex)
        guard isMine else { throw BantamError(.internal, "an earlier piece of the work failed") }
        let result = try body()
        update { next[chain] += 1 }
        return result
    }

    /// Sends everyone away who may be waiting for `piece`.
    func fail(_ piece: Int) { update { failed = min(failed, piece) } }

    private func update(_ change: () -> Void) {
        pthread_mutex_lock(mutex)
        change()
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}

extension Workers {
    /// Calls `body` for each index of `0 ..< pieces`, begun in that order, from up to `count` threads, which may
    /// take turns.
    ///
    /// - Throws: the error of the lowest failed piece.
    public func forEach(_ pieces: Int, turns: Turns, _ body: @Sendable (Int) throws -> Void) throws {
        try forEach(pieces) { piece in
            do {
                try body(piece)
            } catch {
                turns.fail(piece)
                throw error
            }
        }
    }
}
