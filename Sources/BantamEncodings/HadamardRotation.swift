import BantamTensors

/// An orthogonal rotation of the rows of a matrix that spreads outliers over their neighbours before quantization.
///
/// Each row is cut into blocks whose lengths are powers of two: the largest that fits what is left of the row, at most
/// 4096, again and again (384 = 256 + 128). Element j of a row is multiplied by a sign, −1 where the top bit of
/// SplitMix64's output number j from `seed` is set, and each block by the Walsh–Hadamard matrix over √length. Both
/// are symmetric or diagonal, so the same steps backwards undo them.
///
/// Source: J. Chee, Y. Cai, V. Kuleshov and C. De Sa, "QuIP", 2023; A. Tseng et al., "QuIP#", 2024 (Hadamard).
/// SplitMix64: G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
public struct HadamardRotation: Sendable, Hashable {
    /// What the signs are made from.
    public let seed: UInt64

    /// The rotation of a seed.
    public init(seed: UInt64) { self.seed = seed }

    private static let longestBlock = 4096

    /// Rotates the rows of the matrix form in place; below rank 2 all elements are one row.
    ///
    /// - Complexity: O(elements · log(block)). Sums run in one order whatever the workers and the processor.
    public func apply(_ rows: UnsafeMutableBufferPointer<Float>, shape: Shape, workers: Workers) throws {
        try transform(rows, shape, workers) { row, signs in
            for index in row.indices { row[index] *= signs[index] }
            HadamardRotation.transform(row)
        }
    }

    /// Undoes ``apply(_:shape:workers:)`` up to rounding: a relative error of about log₂(block)·2⁻²⁴ of a row's norm.
    public func undo(_ rows: UnsafeMutableBufferPointer<Float>, shape: Shape, workers: Workers) throws {
        try transform(rows, shape, workers) { row, signs in
            HadamardRotation.transform(row)
            for index in row.indices { row[index] *= signs[index] }
        }
    }

    private func transform(
        _ rows: UnsafeMutableBufferPointer<Float>, _ shape: Shape, _ workers: Workers,
        _ body: @Sendable (UnsafeMutableBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
    ) throws {
        let (count, columns) = shape.matrixForm ?? (1, shape.elementCount)
        guard count > 0, columns > 0 else { return }
        let signs = signs(columns)
        nonisolated(unsafe) let rows = rows
        let pieces = Pieces(of: count, each: max(1, (1 << 16) / columns))
        try workers.forEach(pieces.count) { piece in
            signs.withUnsafeBufferPointer { signs in
                for row in pieces[piece] {
                    body(
                        UnsafeMutableBufferPointer(rebasing: rows[row * columns..<(row + 1) * columns]), signs
                    )
                }
            }
        }
    }

    private func signs(_ count: Int) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
            return (word ^ word >> 31) >> 63 == 1 ? -1 : 1
        }
    }

    private static func transform(_ row: UnsafeMutableBufferPointer<Float>) {
        var start = 0
        while start < row.count {
            let left = min(row.count - start, longestBlock)
            let length = 1 << (Int.bitWidth - 1 - left.leadingZeroBitCount)
            transformBlock(row.baseAddress! + start, length)
            start += length
        }
    }

    private static func transformBlock(_ block: UnsafeMutablePointer<Float>, _ length: Int) {
        var half = 1
        while half < length {
            for start in stride(from: 0, to: length, by: 2 * half) {
                for index in start..<start + half {
                    let (low, high) = (block[index], block[index + half])
                    block[index] = low + high
                    block[index + half] = low - high
                }
            }
            half *= 2
        }
        let scale = 1 / Float(length).squareRoot()
        for index in 0..<length { block[index] *= scale }
    }
}
