// What the Gaussian bound needs to know of a matrix.

import BantamTensors

/// The energy of a matrix and the variance of each of its rows.
public struct MatrixSpread: Sendable, Equatable {
    /// Σx².
    public var energy: Double
    /// Each row: the variance about the mean of the row, and its elements.
    public var rows: [GaussianBound.Component]

    /// The spread of a tensor's matrix form, `[axis 0, all the rest]`; `nil` if it has NaN or infinity.
    ///
    /// Each row's sums are taken in double over one row after the other, so they do not depend on `workers`.
    ///
    /// - Parameter tensor: of real floats.
    /// - Complexity: O(elements).
    /// - Throws: ``BantamError`` of kind `invalidArgument` below rank 2, `compatibility` for dtypes that are not
    ///   computed with.
    public init?(_ tensor: Tensor, workers: Workers = .one) throws {
        guard let (rows, columns) = tensor.shape.matrixForm else {
            throw BantamError(.invalidArgument, "expected rank 2 or more, found shape \(tensor.shape)")
        }
        let rowsPerPiece = max(1, (1 << 16) / max(columns, 1))
        let values = try tensor.float32()
        let pieces = try workers.map((rows + rowsPerPiece - 1) / rowsPerPiece) { piece in
            values.withElements(as: Float.self) { values in
                (piece * rowsPerPiece..<min((piece + 1) * rowsPerPiece, rows)).map { row in
                    MatrixSpread.row(
                        UnsafeBufferPointer(rebasing: values[row * columns..<(row + 1) * columns]))
                }
            }
        }
        energy = pieces.joined().reduce(0) { $0 + $1.energy }
        self.rows = pieces.joined().map { .init(variance: $0.variance, count: columns) }
        guard energy.isFinite else { return nil }
    }

    private static func row(_ values: UnsafeBufferPointer<Float>) -> (energy: Double, variance: Double) {
        var (sum, energy) = (0.0, 0.0)
        for value in values {
            sum += Double(value)
            energy += Double(value) * Double(value)
        }
        let mean = sum / Double(max(values.count, 1))
        // A second look keeps what a difference of large squares would lose.
        var squares = 0.0
        for value in values {
            let distance = Double(value) - mean
            squares += distance * distance
        }
        return (energy, squares / Double(max(values.count, 1)))
    }
}
