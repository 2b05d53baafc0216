/// Rows of runs cut into pieces of about a size, so that threads share the work evenly and each piece knows
/// its scales.
///
/// Where the cuts are follows from the numbers alone, never from the threads. Whole rows stay together where
/// they fit, else whole runs; a run is cut only if it alone exceeds the limit.
package struct SlicePieces: Sendable {
    private let rows: Int
    private let columns: Int
    private let length: Int
    private let limit: Int
    private let runsPerRow: Int

    /// Part of the rows, of one row or of one run.
    package struct Piece: Sendable {
        /// The first element, counted through all rows.
        package var element: Int
        /// The run it is in, counted through all rows.
        package var run: Int
        package var rows: Int
        package var columns: Int

        package init(element: Int, run: Int, rows: Int, columns: Int) {
            (self.element, self.run, self.rows, self.columns) = (element, run, rows, columns)
        }

        package var elements: Range<Int> { element..<element + rows * columns }
    }

    /// `rows` rows of `columns` elements, cut into runs of `length`, in pieces of at most about `limit`
    /// elements; all at least 1.
    package init(rows: Int, columns: Int, length: Int, limit: Int) {
        self.rows = rows
        self.columns = columns
        self.length = length
        self.limit = limit
        runsPerRow = (columns - 1) / length + 1
    }

    /// A vector, cut anywhere.
    package init(count: Int, limit: Int) {
        self.init(rows: 1, columns: max(count, 1), length: max(count, 1), limit: limit)
    }

    /// Whether runs are so long that they are cut.
    package var cutsRuns: Bool { min(length, columns) > limit }

    private var rowsPerPiece: Int { max(1, limit / columns) }
    private var columnsPerPiece: Int { limit / length * length }
    private var piecesPerRow: Int { (columns - 1) / columnsPerPiece + 1 }
    private var piecesPerRun: Int { (length - 1) / limit + 1 }

    /// The number of pieces; those of a short last run may be empty.
    package var count: Int {
        if columns <= limit { return (rows - 1) / rowsPerPiece + 1 }
        return cutsRuns ? rows * runsPerRow * piecesPerRun : rows * piecesPerRow
    }

    package subscript(index: Int) -> Piece {
        if columns <= limit {
            let row = index * rowsPerPiece
            return Piece(
                element: row * columns, run: row * runsPerRow, rows: min(rowsPerPiece, rows - row),
                columns: columns)
        }
        if cutsRuns {
            let (run, part) = index.quotientAndRemainder(dividingBy: piecesPerRun)
            let (row, runInRow) = run.quotientAndRemainder(dividingBy: runsPerRow)
            let runEnd = min((runInRow + 1) * length, columns)
            let column = min(runInRow * length + part * limit, runEnd)
            return Piece(
                element: row * columns + column, run: run, rows: 1, columns: min(limit, runEnd - column))
        }
        let (row, part) = index.quotientAndRemainder(dividingBy: piecesPerRow)
        let column = part * columnsPerPiece
        return Piece(
            element: row * columns + column, run: row * runsPerRow + column / length, rows: 1,
            columns: min(columnsPerPiece, columns - column))
    }
}
