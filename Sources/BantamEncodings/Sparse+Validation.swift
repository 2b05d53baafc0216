import BantamTensors

/// Sparse tensors from files that may lie.
extension Sparse {
    /// Values at positions that are checked against each other and against `shape`, without allocating
    /// anything of a size that the arrays themselves do not have.
    ///
    /// - Complexity: O(bytes of the positions).
    /// - Throws: ``BantamError`` of kind `corruption` that says what was expected and what was found.
    public init(validating shape: Shape, positions: Positions, values: Encoding) throws {
        guard values.shape.rank == 1 else {
            throw BantamError(
                .corruption, "expected the values of a sparse tensor along one axis, found \(values.shape)")
        }
        switch values {
        case .dense(let tensor): try tensor.dtype.checkWholeBytes()
        case .quantized(let quantized):
            guard quantized.codes.isWithoutPositions else {
                throw BantamError(.corruption, "expected dense codes as values of a sparse tensor")
            }
            try quantized.validate()
        case .palettized(let palettized):
            guard case .dense = palettized.codes else {
                throw BantamError(.corruption, "expected dense codes as values of a sparse tensor")
            }
            try palettized.validate()
        case .sparse, .lowRank, .trellisCoded:
            throw BantamError(
                .corruption,
                "expected plain, quantized or palettized values of a sparse tensor, found \(values.summary)")
        }
        let count = values.shape.elementCount
        switch positions {
        case .csr(let rowPointers, let columnIndices):
            try Sparse.check(rowPointers, columnIndices, shape, count)
        case .bitmask(let mask): try Sparse.check(mask: mask, shape, count)
        case .relative(let gaps): try Sparse.check(gaps: gaps, shape, count)
        }
        self.init(shape: shape, positions: positions, values: values)
    }

    private static func check(
        _ rowPointers: Tensor, _ columnIndices: Tensor, _ shape: Shape, _ count: Int
    ) throws {
        guard let (rows, columns) = shape.matrixForm else {
            throw BantamError(.corruption, "expected a matrix for csr, found shape \(shape)")
        }
        guard rowPointers.shape.rank == 1, rowPointers.elementCount - 1 == rows else {
            throw BantamError(
                .corruption,
                "expected row pointers, one more than the \(rows) rows, found shape \(rowPointers.shape)")
        }
        guard columnIndices.shape == [count] else {
            throw BantamError(
                .corruption, "expected \(count) column indices, found shape \(columnIndices.shape)")
        }
        let pointers = try rowPointers.integers()
        guard pointers[0] == 0, pointers[rows] == count else {
            throw BantamError(
                .corruption,
                "expected row pointers from 0 to \(count), found \(pointers[0]) to \(pointers[rows])")
        }
        for row in 0..<rows where pointers[row] > pointers[row + 1] {
            throw BantamError(
                .corruption,
                "expected rising row pointers, found \(pointers[row + 1]) after \(pointers[row]) in row \(row)"
            )
        }
        try columnIndices.visitIndices(ColumnCheck(pointers: pointers, columns: columns))
    }

    private static func check(mask: Tensor, _ shape: Shape, _ count: Int) throws {
        let elements = shape.elementCount
        guard mask.dtype == .uint8, mask.shape == [elements / 8 + (elements % 8 == 0 ? 0 : 1)] else {
            throw BantamError(
                .corruption,
                "expected one bit for each of \(elements) elements as uint8, "
                    + "found \(mask.dtype.rawValue) \(mask.shape)")
        }
        let (marked, padding) = mask.withElements(as: UInt8.self) { bytes in
            (
                bytes.reduce(0) { $0 + $1.nonzeroBitCount },
                elements % 8 == 0 ? 0 : bytes[bytes.count - 1] >> UInt8(elements % 8)
            )
        }
        guard padding == 0 else {
            throw BantamError(.corruption, "expected zero bits after the last element, found \(padding)")
        }
        guard marked == count else {
            throw BantamError(.corruption, "expected \(count) bits set, found \(marked)")
        }
    }

    private static func check(gaps: Tensor, _ shape: Shape, _ count: Int) throws {
        guard gaps.dtype == .uint8, gaps.shape.rank == 1 else {
            throw BantamError(
                .corruption,
                "expected gaps as uint8 along one axis, found \(gaps.dtype.rawValue) \(gaps.shape)")
        }
        // Cannot overflow: at most 255 for each byte in memory.
        let (elements, values) = gaps.withElements(as: UInt8.self) { gaps in
            gaps.reduce((0, 0)) { sum, gap in
                gap == 255 ? (sum.0 + 255, sum.1) : (sum.0 + Int(gap) + 1, sum.1 + 1)
            }
        }
        guard values == count else {
            throw BantamError(.corruption, "expected gaps for \(count) values, found \(values)")
        }
        guard elements <= shape.elementCount else {
            throw BantamError(
                .corruption,
                "expected gaps within \(shape.elementCount) elements, found a sum of \(elements)")
        }
    }
}

extension Encoding {
    /// Dense, or the codes of a palette that are.
    fileprivate var isWithoutPositions: Bool {
        switch self {
        case .dense: true
        case .palettized(let palettized): palettized.codes.isWithoutPositions
        case .quantized, .sparse, .lowRank, .trellisCoded: false
        }
    }
}

/// Column indices that rise within each row and stay inside it.
private struct ColumnCheck: IndexVisitor {
    let pointers: [Int]
    let columns: Int

    func visit<Number: Index>(_ indices: UnsafeBufferPointer<Number>) throws {
        for row in 0..<pointers.count - 1 {
            var least = 0
            for index in pointers[row]..<pointers[row + 1] {
                guard let column = Int(exactly: indices[index]), column >= least, column < columns else {
                    throw BantamError(
                        .corruption,
                        "expected a column index in \(least)..<\(columns) in row \(row), "
                            + "found \(indices[index])")
                }
                least = column + 1
            }
        }
    }
}
