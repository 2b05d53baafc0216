import BantamTensors
import CBantamKernels

/// A sparse matrix made ready for products: what inference multiplies with instead of decoding it.
///
/// The positions are widened and the values decoded once. Every result is the sum of its products in the order
/// of the columns, each product and each sum rounded to `float32` by itself, so it is the same for any number
/// of workers, any processor, and any number of vectors multiplied at once.
public struct CSRMatrix: Sendable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    let rowPointers: [UInt64]
    let columnIndices: [UInt32]
    /// `float32`, in the order of the column indices.
    let values: Tensor

    /// The number of stored values.
    public var count: Int { columnIndices.count }

    /// The matrix form of a sparse tensor, or of a quantized one with sparse codes and no zero points; `nil` for
    /// other encodings, which have no zeros to leave out.
    ///
    /// - Complexity: O(values + rows); O(elements/8) for a bitmask.
    /// - Throws: ``BantamError`` of kind `invalidArgument` below rank 2, `compatibility` for values that are no
    ///   numbers.
    public init?(_ encoding: Encoding, workers: Workers = .one) throws {
        switch encoding {
        case .sparse(let sparse):
            try self.init(sparse, values: sparse.values.decoded(workers: workers).float32())
        case .quantized(let quantized):
            guard case .sparse(let sparse) = quantized.codes, quantized.zeroIsZero else { return nil }
            try quantized.validate()
            try self.init(sparse, values: sparse.values.decoded(workers: workers).float32(), quantized)
        case .dense, .lowRank, .palettized, .trellisCoded: return nil
        }
    }

    private init(_ sparse: Sparse, values: Tensor, _ quantized: Quantized? = nil) throws {
        let (rowPointers, columnIndices) = try sparse.rowsAndColumns()
        guard let (rows, columns) = sparse.shape.matrixForm, rowPointers.count == rows + 1,
            columnIndices.count == values.elementCount, rowPointers[rows] == UInt64(columnIndices.count),
            columnIndices.allSatisfy({ Int($0) < columns })
        else {
            throw BantamError(.corruption, "sparse positions do not fit shape \(sparse.shape)")
        }
        (self.rows, self.columns) = (rows, columns)
        (self.rowPointers, self.columnIndices) = (rowPointers, columnIndices)
        self.values =
            try quantized.map {
                try CSRMatrix.scaled(values, $0, rowPointers, columnIndices, columns)
            } ?? values
    }

    /// Each code times the scale of its slice; the zero points are all zero where codes are sparse.
    private static func scaled(
        _ codes: Tensor, _ quantized: Quantized, _ rowPointers: [UInt64], _ columnIndices: [UInt32],
        _ columns: Int
    ) throws -> Tensor {
        let slicing = quantized.granularity.slicing(of: quantized.codes.shape)
        let runs = (slicing.columns + slicing.length - 1) / slicing.length
        return codes.withElements(as: Float.self) { codes in
            quantized.scales.withElements(as: Float.self) { scales in
                Tensor(.float32, [codes.count], as: Float.self) { result in
                    for row in 0..<rowPointers.count - 1 {
                        for index in Int(rowPointers[row])..<Int(rowPointers[row + 1]) {
                            let position = row * columns + Int(columnIndices[index])
                            let (slice, offset) = position.quotientAndRemainder(dividingBy: slicing.columns)
                            result[index] = codes[index] * scales[slice * runs + offset / slicing.length]
                        }
                    }
                }
            }
        }
    }
}
