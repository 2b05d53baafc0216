// Why: a zstd context is megabytes of tables; making one for every block would cost more than coding the block.

import CZstd
import Synchronization

/// The contexts of one coder, each used by one thread at a time and kept for the next block.
final class ZstdContexts: Sendable {
    /// A compressor that one thread holds.
    struct Compressor: @unchecked Sendable { let pointer: OpaquePointer }
    /// A decompressor that one thread holds.
    struct Decompressor: @unchecked Sendable { let pointer: OpaquePointer }

    private let compressors = Mutex<[Compressor]>([])
    private let decompressors = Mutex<[Decompressor]>([])

    func takeCompressor() -> Compressor {
        if let context = compressors.withLock({ $0.popLast() }) { return context }
        guard let pointer = ZSTD_createCCtx() else { preconditionFailure("out of memory") }
        return Compressor(pointer: pointer)
    }

    func giveBack(compressor: Compressor) { compressors.withLock { $0.append(compressor) } }

    func takeDecompressor() -> Decompressor {
        if let context = decompressors.withLock({ $0.popLast() }) { return context }
        guard let pointer = ZSTD_createDCtx() else { preconditionFailure("out of memory") }
        return Decompressor(pointer: pointer)
    }

    func giveBack(decompressor: Decompressor) { decompressors.withLock { $0.append(decompressor) } }

    deinit {
        compressors.withLock { $0.forEach { ZSTD_freeCCtx($0.pointer) } }
        decompressors.withLock { $0.forEach { ZSTD_freeDCtx($0.pointer) } }
    }
}
