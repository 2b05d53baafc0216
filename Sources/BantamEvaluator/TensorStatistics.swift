import BantamTensors
import Glibc

/// What can be said of one tensor's values without a second one to compare with.
public struct TensorStatistics: Sendable, Equatable {
    /// The smallest and largest finite value; none if there is no finite value or no number at all.
    public var range: ClosedRange<Double>?
    /// The mean of the finite values.
    public var mean: Double?
    /// The standard deviation of the finite values (of the population: divided by their count).
    public var standardDeviation: Double?
    /// The fraction of elements that are zero.
    public var sparsity: Double
    /// NaN and infinite elements.
    public var nonFiniteCount: Int
    /// Entropy of order 0 in bits per element: of the values up to 16 bits wide; of wider ones the sum over
    /// their bytes, which is an upper bound to that of the values for a coder that looks at bytes.
    public var entropy: Double

    /// The statistics of `tensor`.
    ///
    /// - Complexity: O(elements); sums run in order, so that they are the same for any number of threads.
    public init(_ tensor: Tensor) {
        entropy = TensorStatistics.entropy(tensor)
        sparsity = 0
        nonFiniteCount = 0
        guard tensor.elementCount > 0, let floats = try? tensor.float32() else { return }
        var low = Float.infinity
        var high = -Float.infinity
        var zeros = 0
        var sum = 0.0
        var squares = 0.0
        var finite = 0
        floats.storage.forEachPiece { piece in
            for value in piece.bindMemory(to: Float.self) {
                guard value.isFinite else { continue }
                finite += 1
                zeros += value == 0 ? 1 : 0
                low = min(low, value)
                high = max(high, value)
                sum += Double(value)
                squares += Double(value) * Double(value)
            }
        }
        sparsity = Double(zeros) / Double(tensor.elementCount)
        nonFiniteCount = tensor.elementCount - finite
        guard finite > 0 else { return }
        range = Double(low)...Double(high)
        let average = sum / Double(finite)
        mean = average
        standardDeviation = max(0, squares / Double(finite) - average * average).squareRoot()
    }

    private static func entropy(_ tensor: Tensor) -> Double {
        let bytes = tensor.storage.bytes
        guard !bytes.isEmpty else { return 0 }
        if tensor.dtype.bitWidth == 16 {
            var counts = [Int](repeating: 0, count: 1 << 16)
            tensor.storage.forEachPiece {
                for value in $0.bindMemory(to: UInt16.self) { counts[Int(value)] += 1 }
            }
            return entropy(of: counts)
        }
        // Byte k of all elements together; packed sub-byte elements count by the byte.
        let stride = max(1, tensor.dtype.bitWidth / 8)
        var planes = [[Int]](repeating: [Int](repeating: 0, count: 256), count: stride)
        tensor.storage.forEachPiece { piece in
            for plane in 0..<stride {
                for offset in Swift.stride(from: plane, to: piece.count, by: stride) {
                    planes[plane][Int(piece[offset])] += 1
                }
            }
        }
        let sum = planes.reduce(0.0) { $0 + entropy(of: $1) }
        return sum * Double(min(tensor.dtype.bitWidth, 8 * stride)) / Double(8 * stride)
    }

    /// −Σ p log₂ p over the counts (C. Shannon, "A Mathematical Theory of Communication", 1948).
    static func entropy(of counts: [Int]) -> Double {
        let total = Double(counts.reduce(0, +))
        return counts.reduce(0.0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / total
            return sum - share * log2(share)
        }
    }
}
