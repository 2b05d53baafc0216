import BantamTensors
import COpenBLAS

/// Dense products by OpenBLAS.
extension Matrix {
    /// The product op(A)·op(B), where op transposes if asked.
    ///
    /// The result is cut into tiles by its size alone, each one call of `sgemm` on one thread, so it is the
    /// same for any number of workers. Its last bits may differ between kinds of processors.
    ///
    /// - Complexity: O(rows · columns · inner length).
    /// - Throws: ``BantamError`` of kind `compatibility` if a side is beyond 2³¹ − 1.
    public func multiplied(
        by other: Matrix, transposingSelf: Bool = false, transposingOther: Bool = false,
        workers: Workers = .one
    ) throws -> Matrix {
        let (resultRows, inner) = transposingSelf ? (columns, rows) : (rows, columns)
        let (otherInner, resultColumns) =
            transposingOther ? (other.columns, other.rows) : (other.rows, other.columns)
        precondition(inner == otherInner, "\(resultRows)×\(inner) times \(otherInner)×\(resultColumns)")
        let innerLength = try LAPACKRoutine.dimension(inner)
        let leadingA = try LAPACKRoutine.dimension(max(columns, 1))
        let leadingB = try LAPACKRoutine.dimension(max(other.columns, 1))
        let leadingC = try LAPACKRoutine.dimension(max(resultColumns, 1))
        _ = try LAPACKRoutine.dimension(resultRows)
        BLASThreads.set(1)
        return try Matrix(rows: resultRows, columns: resultColumns) { result in
            guard resultRows > 0, resultColumns > 0 else { return }
            nonisolated(unsafe) let c = result.baseAddress!
            let rowBlocks = Blocks(of: resultRows, each: 256)
            let columnBlocks = Blocks(of: resultColumns, each: 512)
            try workers.forEach(rowBlocks.count * columnBlocks.count) { tile in
                let rowRange = rowBlocks[tile / columnBlocks.count]
                let columnRange = columnBlocks[tile % columnBlocks.count]
                withElements { a in
                    other.withElements { b in
                        cblas_sgemm(
                            CblasRowMajor, transposingSelf ? CblasTrans : CblasNoTrans,
                            transposingOther ? CblasTrans : CblasNoTrans, Int32(rowRange.count),
                            Int32(columnRange.count), innerLength, 1,
                            a.baseAddress! + rowRange.lowerBound * (transposingSelf ? 1 : columns), leadingA,
                            b.baseAddress!
                                + columnRange.lowerBound * (transposingOther ? other.columns : 1),
                            leadingB, 0, c + rowRange.lowerBound * resultColumns + columnRange.lowerBound,
                            leadingC)
                    }
                }
            }
        }
    }
}
