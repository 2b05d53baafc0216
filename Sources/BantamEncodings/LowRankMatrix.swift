import BantamLinearAlgebra
import BantamTensors

/// A low-rank matrix made ready for products: two thin ones instead of a thick one.
public struct LowRankMatrix: Sendable {
    private let left: Matrix
    private let right: Matrix

    /// The decoded factors.
    ///
    /// - Throws: ``BantamError`` if a factor does not decode to numbers.
    public init(_ lowRank: LowRank, workers: Workers = .one) throws {
        left = try Matrix(lowRank.left.decoded(workers: workers))
        right = try Matrix(lowRank.right.decoded(workers: workers))
    }

    /// W·X: `float32` `[columns, n]` in, `[rows, n]` out.
    ///
    /// - Complexity: O(r·(rows + columns)·n).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if X is of another shape.
    public func multiplied(by x: Tensor, workers: Workers = .one) throws -> Tensor {
        let x = try operand(x, axis: 0)
        let inner = try right.multiplied(by: x, workers: workers)
        return try left.multiplied(by: inner, workers: workers).tensor
    }

    /// X·Wᵀ, what a linear layer does: `float32` `[n, columns]` in, `[n, rows]` out.
    ///
    /// - Complexity: O(r·(rows + columns)·n).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if X is of another shape.
    public func applied(to x: Tensor, workers: Workers = .one) throws -> Tensor {
        let x = try operand(x, axis: 1)
        let inner = try x.multiplied(by: right, transposingOther: true, workers: workers)
        return try inner.multiplied(by: left, transposingOther: true, workers: workers).tensor
    }

    private func operand(_ x: Tensor, axis: Int) throws -> Matrix {
        guard x.shape.rank == 2, x.shape.axes[axis] == right.columns else {
            throw BantamError(
                .invalidArgument,
                "expected a matrix with \(right.columns) along axis \(axis), found shape \(x.shape)")
        }
        return try Matrix(x)
    }
}
