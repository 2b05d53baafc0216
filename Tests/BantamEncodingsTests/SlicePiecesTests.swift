import BantamEncodings
import Testing

/// Every element and every run in exactly one place, whatever the proportions.
@Suite struct SlicePiecesTests {
    @Test(arguments: [1, 2, 3, 7, 20]) func piecesCoverEverything(limit: Int) {
        for rows in 1...5 {
            for columns in 1...23 {
                for length in 1...(columns + 2) {
                    let pieces = SlicePieces(rows: rows, columns: columns, length: length, limit: limit)
                    let runs = (columns - 1) / length + 1
                    var next = 0
                    for index in 0..<pieces.count {
                        let piece = pieces[index]
                        guard !piece.elements.isEmpty else { continue }
                        #expect(piece.element == next)
                        next = piece.elements.upperBound
                        let (row, column) = piece.element.quotientAndRemainder(dividingBy: columns)
                        #expect(piece.run == row * runs + column / length)
                        #expect(
                            piece.elements.count <= max(limit, pieces.cutsRuns ? 0 : min(columns, length)))
                        if piece.rows > 1 { #expect(column == 0 && piece.columns == columns) }
                        if !pieces.cutsRuns { #expect(column % length == 0) }
                        // What a kernel that starts there takes for its runs are the runs.
                        let end = (column + piece.columns - 1) / length
                        if pieces.cutsRuns { #expect(end == column / length) }
                    }
                    #expect(next == rows * columns)
                }
            }
        }
    }
}
