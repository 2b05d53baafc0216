// Why: indices that are held as an array of codes, for any coder, need a decoder of their own: one plain loop.

import BantamTensors

extension TrellisCode {
    /// The indices that the machine goes through before it starts from state 0 again.
    public static let runLength = 1 << 16

    /// The levels that `indices` stand for, in row-major order, the machine starting from state 0 every
    /// ``runLength`` elements.
    ///
    /// - Parameter indices: `int8`.
    /// - Returns: `int16` in the same shape, from −256 to 255.
    /// - Complexity: O(elements), runs shared by `workers`.
    package func levels(of indices: Tensor, workers: Workers) throws -> Tensor {
        // By state and parity.
        let next = (0..<2 * stateCount).map { UInt8(state(after: $0 & 1, in: $0 >> 1)) }
        return try Tensor(.int16, indices.shape, as: Int16.self) { levels in
            nonisolated(unsafe) let levels = levels
            let count = levels.count
            try workers.forEach((count + TrellisCode.runLength - 1) / TrellisCode.runLength) { run in
                let first = run * TrellisCode.runLength
                indices.withElements(as: Int8.self) { indices in
                    next.withUnsafeBufferPointer { next in
                        var state = 0
                        for element in first..<min(first + TrellisCode.runLength, count) {
                            let index = Int(indices[element])
                            levels[element] = Int16(
                                truncatingIfNeeded: TrellisCode.level(
                                    of: index, quantizer: TrellisCode.quantizer(in: state)))
                            state = Int(next[2 * state + (index & 1)])
                        }
                    }
                }
            }
        }
    }
}
