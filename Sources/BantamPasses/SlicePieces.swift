/// Rows of runs cut into pieces of about a size, so that no run is cut and threads share the work evenly.
///
/// Where the cuts are follows from the numbers alone, never from the threads.
struct SlicePieces {
    private let columns: Int
    private let rows: Int
    private let runsPerRow: Int
    private let length: Int
    private let rowsPerPiece: Int
    private let columnsPerPiece: Int
    private let piecesPerRow: Int

    /// Part of the rows, or part of one row.
    struct Piece {
        /// The first element and the first run, counted through all rows.
        var element: Int
        var run: Int
        var rows: Int
        var columns: Int
    }

    /// `rows` rows of `columns` elements, cut into runs of `length`, in pieces of about `limit` elements.
    /// None of the numbers is zero, and `length` is at most `limit` or `columns`.
    init(rows: Int, columns: Int, length: Int, limit: Int) {
        self.rows = rows
        self.columns = columns
        self.length = length
        runsPerRow = (columns - 1) / length + 1
        rowsPerPiece = max(1, limit / columns)
        columnsPerPiece = columns <= limit ? columns : max(length, limit / length * length)
        piecesPerRow = (columns - 1) / columnsPerPiece + 1
    }

    /// The number of pieces.
    var count: Int {
        piecesPerRow > 1 ? rows * piecesPerRow : (rows - 1) / rowsPerPiece + 1
    }

    subscript(index: Int) -> Piece {
        guard piecesPerRow > 1 else {
            let row = index * rowsPerPiece
            return Piece(
                element: row * columns, run: row * runsPerRow, rows: min(rowsPerPiece, rows - row),
                columns: columns)
        }
        let (row, part) = index.quotientAndRemainder(dividingBy: piecesPerRow)
        let column = part * columnsPerPiece
        return Piece(
            element: row * columns + column, run: row * runsPerRow + column / length, rows: 1,
            columns: min(columnsPerPiece, columns - column))
    }
}
