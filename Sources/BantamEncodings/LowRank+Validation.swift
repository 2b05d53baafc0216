import BantamTensors

/// Low-rank tensors from files that may lie.
extension LowRank {
    /// Factors that are checked to multiply to the matrix form of `shape`: left `[m, r]`, right `[r, n]` with
    /// r from 1 to the smaller of m and n.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that says what was expected and what was found.
    public init(validating shape: Shape, left: Encoding, right: Encoding) throws {
        guard let (rows, columns) = shape.matrixForm else {
            throw BantamError(.corruption, "expected a matrix for low-rank factors, found shape \(shape)")
        }
        guard left.shape.rank == 2, right.shape.rank == 2 else {
            throw BantamError(
                .corruption, "expected two matrices as factors, found shapes \(left.shape) and \(right.shape)"
            )
        }
        let rank = left.shape.axes[1]
        guard left.shape.axes[0] == rows, right.shape.axes == [rank, columns] else {
            throw BantamError(
                .corruption,
                "expected factors \(rows)×r and r×\(columns), found \(left.shape) and \(right.shape)")
        }
        guard rank >= 1, rank <= min(rows, columns) else {
            throw BantamError(
                .corruption, "expected a rank from 1 to \(min(rows, columns)), found \(rank)")
        }
        for factor in [left, right] {
            switch factor {
            case .dense(let tensor): try LowRank.checkNumeric(tensor)
            case .sparse(let sparse):
                if case .dense(let tensor) = sparse.values { try LowRank.checkNumeric(tensor) }
            case .quantized, .palettized: break
            case .trellisCoded:
                throw BantamError(.corruption, "expected factors that are not trellis-coded")
            case .lowRank: throw BantamError(.corruption, "expected factors that are no products again")
            }
        }
        self.init(shape: shape, left: left, right: right)
    }

    private static func checkNumeric(_ tensor: Tensor) throws {
        guard tensor.dtype.isNumeric else {
            throw BantamError(.corruption, "expected numbers in a factor, found \(tensor.dtype.rawValue)")
        }
    }
}
