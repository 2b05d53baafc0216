import BantamEncodings
import BantamTensors

/// Sets the values of smallest magnitude to zero.
///
/// ```swift
/// let sparser = try Prune(.sparsity(0.9)).apply(to: .dense(weights), context).encoding
/// ```
///
/// Magnitudes are compared exactly, by the bit patterns of the tensor's own float type; −0 is zero and NaN the
/// largest of all. Of equal magnitudes the one with the lowest index goes first. What remains keeps its bits,
/// and the tensor its dtype.
///
/// - Complexity: O(elements), by selection and not by sorting.
///
/// Source: S. Han et al., "Learning both Weights and Connections for Efficient Neural Networks", 2015.
public struct Prune: Pass {
    /// How much goes.
    public enum Amount: Sendable {
        /// So much that exactly round(fraction · elements) values are zero, ties of the rounding to even,
        /// those counted that were zero before. More stay zero if more were.
        case sparsity(Double)
        /// Every value with |x| < threshold.
        case threshold(Float)
        /// So much that exactly this many values are zero; see ``GlobalPruning``.
        case zeros(Int)
    }

    /// How much goes.
    public let amount: Amount

    /// A pruning.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a sparsity outside 0…1, a threshold that is
    ///   negative or not finite, or a negative number of zeros.
    public init(_ amount: Amount) throws {
        switch amount {
        case .sparsity(let sparsity):
            try Prune.check(sparsity: sparsity)
        case .threshold(let threshold):
            guard threshold.isFinite, threshold >= 0 else {
                throw BantamError(
                    .invalidArgument, "expected a finite threshold of at least 0, found \(threshold)")
            }
        case .zeros(let zeros):
            guard zeros >= 0 else {
                throw BantamError(.invalidArgument, "expected at least 0 zeros, found \(zeros)")
            }
        }
        self.amount = amount
    }

    static func check(sparsity: Double) throws {
        guard sparsity >= 0, sparsity <= 1 else {
            throw BantamError(.invalidArgument, "expected a sparsity from 0 to 1, found \(sparsity)")
        }
    }

    /// The zeros that make `sparsity` of `count` elements.
    static func zeros(_ sparsity: Double, of count: Int) -> Int {
        min(count, Int((sparsity * Double(count)).rounded(.toNearestOrEven)))
    }

    /// `prune`.
    public var name: String { "prune" }

    /// Of a low-rank tensor both factors are pruned: each to the sparsity or under the threshold, or both
    /// together to a number of zeros.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for quantized and sparse tensors, for other than
    ///   float values, and if more zeros are asked for than there are elements.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        PassResult(try pruned(encoding, context.workers))
    }

    private func pruned(_ encoding: Encoding, _ workers: Workers) throws -> Encoding {
        switch encoding {
        case .dense(let tensor):
            return .dense(try pruned(tensor, workers))
        case .lowRank(var lowRank):
            guard case .zeros(let zeros) = amount else {
                lowRank.left = try pruned(lowRank.left, workers)
                lowRank.right = try pruned(lowRank.right, workers)
                return .lowRank(lowRank)
            }
            let factors = try [lowRank.left, lowRank.right].map { factor in
                guard case .dense(let tensor) = factor else { throw Prune.tooLate(factor) }
                return tensor
            }
            let shares = try GlobalPruning.zeros(total: zeros, tensors: 2) { factors[$0] }
            lowRank.left = .dense(try Prune(.zeros(shares[0])).pruned(factors[0], workers))
            lowRank.right = .dense(try Prune(.zeros(shares[1])).pruned(factors[1], workers))
            return .lowRank(lowRank)
        case .sparse, .quantized, .palettized, .trellisCoded:
            throw Prune.tooLate(encoding)
        }
    }

    private static func tooLate(_ encoding: Encoding) -> BantamError {
        BantamError(
            .invalidArgument,
            "expected plain values to prune, found \(encoding.summary) ones: prune before quantize and sparse"
        )
    }

    private func pruned(_ tensor: Tensor, _ workers: Workers) throws -> Tensor {
        try tensor.requireRealFloat()
        switch tensor.dtype.bitWidth {
        case 64: return try pruned(tensor, UInt64.self, workers)
        case 32: return try pruned(tensor, UInt32.self, workers)
        case 16: return try pruned(tensor, UInt16.self, workers)
        default: return try pruned(tensor, UInt8.self, workers)
        }
    }

    private func pruned<Bits: MagnitudeBits>(
        _ tensor: Tensor, _ type: Bits.Type, _ workers: Workers
    ) throws -> Tensor {
        let zeros: Int
        switch amount {
        case .sparsity(let sparsity): zeros = Prune.zeros(sparsity, of: tensor.elementCount)
        case .zeros(let count): zeros = count
        case .threshold(let threshold):
            let bits: Bits = try tensor.dtype.magnitudeBits(notBelow: threshold)
            return try tensor.withElements(as: Bits.self) { source in
                try Tensor(tensor.dtype, tensor.shape, as: Bits.self) {
                    try MagnitudePruning.prune(source, below: bits, into: $0, workers: workers)
                }
            }
        }
        guard zeros <= tensor.elementCount else {
            throw BantamError(
                .invalidArgument, "expected at most \(tensor.elementCount) zeros, found \(zeros)")
        }
        if zeros == 0 { return tensor }
        return try tensor.withElements(as: Bits.self) { source in
            try Tensor(tensor.dtype, tensor.shape, as: Bits.self) {
                try MagnitudePruning.prune(source, zeros: zeros, into: $0, workers: workers)
            }
        }
    }
}

extension DType {
    /// The bit pattern of the smallest magnitude that is not below `threshold`, a finite number from 0 on.
    fileprivate func magnitudeBits<Bits: MagnitudeBits>(
        notBelow threshold: Float
    ) throws -> Bits {
        switch self {
        case .float64: return Bits(truncatingIfNeeded: Double(threshold).bitPattern)
        case .float32: return Bits(truncatingIfNeeded: threshold.bitPattern)
        default:
            // Few enough to look at all of them; NaN is not below anything.
            let all = Tensor(self, [1 << (bitWidth - 1)], as: Bits.self) { magnitudes in
                for index in magnitudes.indices { magnitudes[index] = Bits(truncatingIfNeeded: index) }
            }
            let below = try all.float32().withElements(as: Float.self) { $0.count { $0 < threshold } }
            return Bits(truncatingIfNeeded: below)
        }
    }
}
