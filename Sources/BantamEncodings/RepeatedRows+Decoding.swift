import BantamTensors

// From distinct rows back to all of them.

extension RepeatedRows {
    /// The matrix with all its rows, as a tensor of `shape` and of the dtype of the distinct ones.
    ///
    /// - Complexity: O(bytes), by copying rows; the result does not depend on the number of workers.
    /// - Throws: ``BantamError`` of kind `corruption` if the parts do not fit `shape` or each other, before memory is
    ///   taken for the result.
    public func decoded(shape: Shape, workers: Workers) throws -> Tensor {
        guard let (rows, columns) = shape.matrixForm, shape.elementCount > 0 else {
            throw BantamError(.corruption, "expected a matrix for repeated rows, found shape \(shape)")
        }
        guard distinct.shape.rank == 2, distinct.shape.axes[1] == columns else {
            throw BantamError(
                .corruption, "expected distinct rows of \(columns) columns, found \(distinct.shape)")
        }
        guard let rowByteCount = Tensor.byteCount(distinct.dtype, [columns]) else {
            throw BantamError(
                .corruption,
                "expected rows of whole bytes, found \(columns) columns of \(distinct.dtype.rawValue)")
        }
        guard repeats.shape == [rows] else {
            throw BantamError(.corruption, "expected repeats of \(rows) rows, found \(repeats.shape)")
        }
        try MemoryLimit.check(rows, elementsOf: 8)
        let sources = try repeats.visitIndices(RowSources(distinctCount: distinct.shape.axes[0]))
        try MemoryLimit.check(rows, elementsOf: rowByteCount)
        let pieces = Pieces(of: rows, each: max(1, RepeatedRows.pieceByteCount / rowByteCount))
        let storage = try Storage(byteCount: rows * rowByteCount) { result in
            let (distinctRows, target) = (
                SharedBytes(distinct.storage.bytes), Shared(result.baseAddress!)
            )
            try workers.forEach(pieces.count) { piece in
                for row in pieces[piece] {
                    (target.pointer + row * rowByteCount).copyMemory(
                        from: distinctRows.bytes.baseAddress! + sources[row] * rowByteCount,
                        byteCount: rowByteCount)
                }
            }
        }
        withExtendedLifetime(distinct) {}
        return Tensor(distinct.dtype, shape, storage)
    }
}

/// The position among the distinct rows of every row, each of them seen to be there.
private struct RowSources: IndexVisitor {
    let distinctCount: Int

    func visit<Number: Index>(_ repeats: UnsafeBufferPointer<Number>) throws -> [Int] {
        var sources: [Int] = []
        sources.reserveCapacity(repeats.count)
        var seen = 0
        for (row, number) in repeats.enumerated() {
            guard number != 0 else {
                sources.append(seen)
                seen += 1
                continue
            }
            guard number <= Number(clamping: seen) else {
                throw BantamError(
                    .corruption,
                    "expected row \(row) to repeat one of the \(seen) distinct rows above it, found \(number)"
                )
            }
            sources.append(Int(number) - 1)
        }
        guard seen == distinctCount else {
            throw BantamError(.corruption, "expected \(distinctCount) distinct rows, found \(seen)")
        }
        return sources
    }
}
