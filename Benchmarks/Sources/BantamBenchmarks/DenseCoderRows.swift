import Bantam
import CBantamKernels

// The coder `dense`, which sees rows and columns, on one matrix after the other in blocks of 1 MiB, at every level of
// its kernels.

extension Suite {
    /// Rows for every dtype; the name of the encoder's says the ratio.
    mutating func addDenseCoder(
        _ source: UnsafeMutableBufferPointer<Float>, _ shapes: [(rows: Int, columns: Int)], filter: String?
    ) throws {
        for dtype in [DType.bfloat16, .float16, .float32, .int8, .float8E4M3, .float8E5M2] {
            let name = "dense \(dtype.rawValue)"
            // What will not be timed need not be made.
            guard filter.map({ name.contains($0) || $0.contains(name) }) ?? true else { continue }
            let job = DenseCoderJob(source, shapes, dtype)
            let levels = ["portable", "avx2", "avx512"].prefix(Int(bantam_simd_level()) + 1)
            for (level, levelName) in levels.enumerated() {
                let ratio = try job.encode(level) * 100_000 / job.byteCount
                let digits = String(ratio + 1_000_000).dropFirst(2)
                add("\(name) encode \(levelName), ratio 0.\(digits)", bytes: job.byteCount) {
                    _ = try job.encode(level)
                }
                add("\(name) decode \(levelName)", bytes: job.byteCount) { try job.decode(level) }
            }
        }
    }
}

/// Matrices, their coded blocks and room for what these decode to.
private final class DenseCoderJob {
    private struct Block {
        var raw: UnsafeRawBufferPointer
        var context: BlockContext
        var coded: [UInt8]?
    }

    private var blocks: [Block] = []
    private let result = UnsafeMutableRawBufferPointer(
        buffer(of: DenseCoderJob.blockByteCount, filledWith: UInt8(1)))
    private static let blockByteCount = 1 << 20
    let byteCount: Int

    init(
        _ source: UnsafeMutableBufferPointer<Float>, _ shapes: [(rows: Int, columns: Int)], _ dtype: DType
    ) {
        var first = 0
        var byteCount = 0
        let width = dtype.alignment
        for (rows, columns) in shapes {
            let elements = UnsafeMutableBufferPointer(rebasing: source[first..<first + rows * columns])
            first += elements.count
            let raw = UnsafeRawBufferPointer(Narrowed.elements(elements, as: dtype, rowLength: columns))
            byteCount += raw.count
            for start in stride(from: 0, to: raw.count, by: DenseCoderJob.blockByteCount) {
                let end = min(start + DenseCoderJob.blockByteCount, raw.count)
                blocks.append(
                    Block(
                        raw: UnsafeRawBufferPointer(rebasing: raw[start..<end]),
                        context: BlockContext(
                            dtype, columns: rows > 1 ? columns : 0, firstElement: start / width)))
            }
        }
        self.byteCount = byteCount
    }

    /// The level is capped on the calling thread alone.
    private func atLevel(_ level: Int, _ work: () throws -> Void) rethrows {
        let before = bantam_cap_simd_level_for_tests(Int32(level))
        defer { bantam_cap_simd_level_for_tests(before) }
        try work()
    }

    /// Encodes all blocks; the bytes they take.
    func encode(_ level: Int) throws -> Int {
        try atLevel(level) {
            for index in blocks.indices {
                blocks[index].coded = try DenseCoder().encode(blocks[index].raw, blocks[index].context)
            }
        }
        return blocks.reduce(0) { $0 + ($1.coded?.count ?? $1.raw.count) }
    }

    func decode(_ level: Int) throws {
        try atLevel(level) {
            for block in blocks {
                guard let coded = block.coded else { continue }
                let target = UnsafeMutableRawBufferPointer(rebasing: result[..<block.raw.count])
                try coded.withUnsafeBytes { try DenseCoder().decode($0, block.context, into: target) }

            }
        }
    }
}
