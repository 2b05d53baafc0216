import BantamTensors

/// The positions of any format as row pointers and column indices, for work that goes by rows.
extension Sparse {
    /// Row pointers and column indices within a matrix of `columns` columns.
    ///
    /// - Complexity: O(values + rows), O(elements/8) for a bitmask.
    /// - Throws: ``BantamError`` of kind `invalidArgument` below rank 2, `compatibility` for a row of 2³² or more.
    func rowsAndColumns() throws -> (rowPointers: [UInt64], columnIndices: [UInt32]) {
        guard let (rows, columns) = shape.matrixForm else {
            throw BantamError(.invalidArgument, "expected a matrix of rank 2 or more, found shape \(shape)")
        }
        guard columns <= 1 << 32 else {
            throw BantamError(.compatibility, "expected at most 2³² columns, found \(columns)")
        }
        try MemoryLimit.check(rows, elementsOf: 8)
        switch positions {
        case .csr(let rowPointers, let columnIndices):
            return (
                try rowPointers.integers().map { UInt64($0) },
                try columnIndices.integers().map { UInt32($0) }
            )
        case .bitmask(let mask):
            var builder = Builder(rows: rows, columns: columns, capacity: values.shape.elementCount)
            mask.withElements(as: UInt8.self) { bytes in
                for (index, byte) in bytes.enumerated() {
                    var bits = byte
                    while bits != 0 {
                        builder.append(index * 8 + bits.trailingZeroBitCount)
                        bits &= bits - 1
                    }
                }
            }
            return builder.finished()
        case .relative(let gaps):
            var builder = Builder(rows: rows, columns: columns, capacity: values.shape.elementCount)
            gaps.withElements(as: UInt8.self) { gaps in
                var position = 0
                for gap in gaps {
                    position += Int(gap)
                    guard gap != 255 else { continue }
                    builder.append(position)
                    position += 1
                }
            }
            return builder.finished()
        }
    }

    /// Rows and columns from rising positions, without a division for each.
    private struct Builder {
        private let rows: Int
        private let columns: Int
        private var row = 0
        private var rowStart = 0
        private var rowPointers: [UInt64] = [0]
        private var columnIndices: [UInt32] = []

        init(rows: Int, columns: Int, capacity: Int) {
            (self.rows, self.columns) = (rows, columns)
            rowPointers.reserveCapacity(rows + 1)
            columnIndices.reserveCapacity(capacity)
        }

        mutating func append(_ position: Int) {
            while position - rowStart >= columns { closeRow() }
            columnIndices.append(UInt32(position - rowStart))
        }

        private mutating func closeRow() {
            rowPointers.append(UInt64(columnIndices.count))
            row += 1
            rowStart += columns
        }

        mutating func finished() -> (rowPointers: [UInt64], columnIndices: [UInt32]) {
            while row < rows { closeRow() }
            return (rowPointers, columnIndices)
        }
    }
}
