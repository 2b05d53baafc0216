import Bantam
import CBantamKernels

// The coder `fast`, a block of 1 MiB after the other into memory that is there, at every level of its kernels.

extension Suite {
    /// Rows for every dtype; the name of the encoder's says the ratio in per mille. `threads` share the blocks.
    mutating func addFastCoder(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"
        for dtype in [DType.bfloat16, .float16, .float32, .int8, .float8E4M3, .float8E5M2] {
            let raw = UnsafeRawBufferPointer(Narrowed.elements(source, as: dtype))
            let job = FastCoderJob(raw: raw, dtype: dtype)
            let levels = ["portable", "avx2", "avx512"].prefix(Int(bantam_simd_level()) + 1)
            for (level, name) in levels.enumerated() {
                let ratio = try job.encode(level, workers) * 100_000 / raw.count
                let digits = String(ratio + 1_000_000).dropFirst(2)
                add("fast \(dtype.rawValue) encode \(name), ratio 0.\(digits)\(threads)", bytes: raw.count) {
                    _ = try job.encode(level, workers)
                }
                add("fast \(dtype.rawValue) decode \(name)\(threads)", bytes: raw.count) {
                    try job.decode(level, workers)
                }
            }
        }
    }
}

/// An array, room for its coded blocks and for what they decode to.
private final class FastCoderJob: @unchecked Sendable {
    let raw: UnsafeRawBufferPointer
    let dtype: DType
    let blockByteCount = 1 << 20
    /// Coded blocks stand at no particular address, as in a file.
    let codedStride = (1 << 20) + 1777
    let blockCount: Int
    let coded: UnsafeMutableRawBufferPointer
    let result: UnsafeMutableRawBufferPointer
    let sizes: UnsafeMutableBufferPointer<Int>

    init(raw: UnsafeRawBufferPointer, dtype: DType) {
        (self.raw, self.dtype) = (raw, dtype)
        blockCount = (raw.count + blockByteCount - 1) / blockByteCount
        coded = UnsafeMutableRawBufferPointer(buffer(of: blockCount * codedStride, filledWith: UInt8(1)))
        result = UnsafeMutableRawBufferPointer(buffer(of: raw.count, filledWith: UInt8(1)))
        sizes = buffer(of: blockCount, filledWith: 0)
    }

    private func range(_ block: Int) -> Range<Int> {
        block * blockByteCount..<min((block + 1) * blockByteCount, raw.count)
    }

    /// The level is capped on the calling thread alone, so every piece of work sets its own.
    private func atLevel(_ level: Int, _ work: () throws -> Void) rethrows {
        let before = bantam_cap_simd_level_for_tests(Int32(level))
        defer { bantam_cap_simd_level_for_tests(before) }
        try work()
    }

    /// Encodes all blocks; the bytes they take.
    func encode(_ level: Int, _ workers: Workers) throws -> Int {
        try workers.forEach(blockCount) { block in
            atLevel(level) {
                let range = range(block)
                let size = FastCoder().encode(
                    UnsafeRawBufferPointer(rebasing: raw[range]), of: dtype,
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: coded[block * codedStride..<(block + 1) * codedStride]))
                sizes[block] = size ?? 0
            }
        }
        return sizes.indices.reduce(0) { $0 + (sizes[$1] > 0 ? sizes[$1] : range($1).count) }
    }

    func decode(_ level: Int, _ workers: Workers) throws {
        try workers.forEach(blockCount) { block in
            try atLevel(level) {
                let range = range(block)
                let start = block * codedStride
                guard sizes[block] > 0 else { return }
                try FastCoder().decode(
                    UnsafeRawBufferPointer(
                        rebasing: coded[start..<start + sizes[block]]),
                    BlockContext(dtype), into: UnsafeMutableRawBufferPointer(rebasing: result[range]))
            }
        }
    }
}
