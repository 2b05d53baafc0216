import BantamTensors

/// A row-major matrix of `float32` over a tensor's memory: what BLAS and LAPACK work on.
public struct Matrix: Sendable {
    /// The elements, `float32`, `[rows, columns]`.
    public let tensor: Tensor

    /// The number of rows.
    public var rows: Int { tensor.shape.axes[0] }
    /// The number of columns.
    public var columns: Int { tensor.shape.axes[1] }

    /// The matrix form `[axis 0, all the rest]` of a tensor, converted to `float32` where it is not.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` below rank 2, `compatibility` for elements that are
    ///   no numbers.
    public init(_ tensor: Tensor) throws {
        guard let (rows, columns) = tensor.shape.matrixForm else {
            throw BantamError(
                .invalidArgument, "expected a matrix of rank 2 or more, found shape \(tensor.shape)")
        }
        self.tensor = try tensor.float32().reshaped([rows, columns])
    }

    /// A new matrix, which `initialize` fills completely, row by row.
    public init(
        rows: Int, columns: Int, initialize: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        tensor = try Tensor(.float32, [rows, columns], as: Float.self, initialize: initialize)
    }

    /// A matrix of `elements`, row by row.
    public init(rows: Int, columns: Int, _ elements: [Float]) {
        tensor = Tensor(.float32, [rows, columns], elements)
    }

    /// Reads the elements in place, row by row.
    public func withElements<Result>(
        _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        try tensor.withElements(as: Float.self, body)
    }

    /// A copy of the rows in `range`.
    public func rows(_ range: Range<Int>) -> Matrix {
        withElements { source in
            Matrix(rows: range.count, columns: columns) {
                _ = $0.update(fromContentsOf: source[range.lowerBound * columns..<range.upperBound * columns])
            }
        }
    }

    /// The difference of two matrices of one shape.
    public static func - (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.tensor.shape == b.tensor.shape)
        return a.withElements { left in
            b.withElements { right in
                Matrix(rows: a.rows, columns: a.columns) { result in
                    for index in result.indices { result[index] = left[index] - right[index] }
                }
            }
        }
    }

    /// The matrix with rows and columns exchanged.
    public func transposed() -> Matrix {
        // Blocks keep both sides in the cache.
        let block = 32
        return withElements { source in
            Matrix(rows: columns, columns: rows) { result in
                for top in stride(from: 0, to: rows, by: block) {
                    for left in stride(from: 0, to: columns, by: block) {
                        for row in top..<min(top + block, rows) {
                            for column in left..<min(left + block, columns) {
                                result[column * rows + row] = source[row * columns + column]
                            }
                        }
                    }
                }
            }
        }
    }

    /// The sum of all squares, ‖A‖²_F, added up in `Double` in an order that the size alone decides.
    public func squaredNorm(workers: Workers = .one) throws -> Double {
        let pieces = Blocks(of: tensor.elementCount, each: 1 << 16)
        return try workers.map(pieces.count) { piece in
            withElements { elements in
                var sums = SIMD8<Double>.zero
                var index = pieces[piece].lowerBound
                let end = pieces[piece].upperBound
                while index + 8 <= end {
                    let values = SIMD8<Double>(
                        UnsafeRawPointer(elements.baseAddress! + index)
                            .loadUnaligned(as: SIMD8<Float>.self))
                    sums += values * values
                    index += 8
                }
                var total = sums.sum()
                while index < end {
                    total += Double(elements[index]) * Double(elements[index])
                    index += 1
                }
                return total
            }
        }.reduce(0, +)
    }
}
