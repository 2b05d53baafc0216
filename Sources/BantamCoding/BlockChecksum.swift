// Why: a block just decoded is in the cache still; hashed when all are done, it would have to be read once more.

import BantamTensors
import Synchronization

/// The checksum of memory that is filled block by block, from several threads and in any order.
///
/// Whoever is done with a block adds it and what is done behind it, unless another thread is about that: nobody waits.
final class BlockChecksum: Sendable {
    private struct Progress: ~Copyable {
        var checksum = StreamingChecksum()
        /// The block to be added next.
        var next = 0
    }

    private let target: BlockTarget
    private let ranges: [Range<Int>]
    private let done: Mutex<[Bool]>
    private let progress = Mutex(Progress())

    /// - Parameter ranges: where the blocks stand in `target`, one after the other.
    init(of target: BlockTarget, in ranges: [Range<Int>]) {
        self.target = target
        self.ranges = ranges
        done = Mutex([Bool](repeating: false, count: ranges.count))
    }

    /// Says that a block is as it will be.
    func add(_ index: Int) {
        done.withLock { $0[index] = true }
        _ = progress.withLockIfAvailable { goOn(&$0) }
    }

    /// The checksum of all blocks, when they have all been added.
    func finish() -> Checksum {
        progress.withLock {
            goOn(&$0)
            return $0.checksum.checksum
        }
    }

    private func goOn(_ progress: inout Progress) {
        while progress.next < ranges.count, done.withLock({ $0[progress.next] }) {
            progress.checksum.update(UnsafeRawBufferPointer(target[ranges[progress.next]]))
            progress.next += 1
        }
    }
}
