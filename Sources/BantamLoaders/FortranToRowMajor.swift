// A plain double loop over a transposed matrix touches one cache line per element, and with rows of a
// power of two all of them fall into the same few cache sets. Going through a small padded tile makes
// every access to the two large arrays a run of neighbours.

/// Writes an array whose first axis runs fastest as one whose last axis does.
///
/// For every position on the axes between, the first and the last axis form a matrix that is transposed.
///
/// - Parameters:
///   - axes: the lengths of two or more axes; none is zero unless all is empty.
///   - source: elements at any alignment.
///   - target: as many elements, aligned, elsewhere.
/// - Complexity: O(elements).
func fortranToRowMajor<Element: BitwiseCopyable>(
    _ type: Element.Type, _ axes: [Int], _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
) {
    guard let rows = axes.first, let columns = axes.last, !axes.contains(0) else { return }
    let middle = Array(axes.dropFirst().dropLast())
    let between = middle.reduce(1, *)
    let result = target.bindMemory(to: Element.self, capacity: rows * between * columns)
    // In the source a step along the last axis is rows × between, in the target one along the first is
    // between × columns.
    var position = [Int](repeating: 0, count: middle.count)
    for index in 0..<between {
        // `index` counts the middle axes with the last one fastest; the source has the first fastest.
        var fromIndex = 0
        for axis in stride(from: middle.count - 1, through: 0, by: -1) {
            fromIndex = fromIndex * middle[axis] + position[axis]
        }
        transposeMatrix(
            source + fromIndex * rows * MemoryLayout<Element>.stride, rowStride: rows * between,
            result + index * columns, rowStride: between * columns, rows: rows, columns: columns)
        var axis = middle.count - 1
        while axis >= 0 {
            position[axis] += 1
            if position[axis] < middle[axis] { break }
            position[axis] = 0
            axis -= 1
        }
    }
}

/// `target[row, column] = source[column, row]`, tile by tile.
private func transposeMatrix<Element: BitwiseCopyable>(
    _ source: UnsafeRawPointer, rowStride sourceStride: Int,
    _ target: UnsafeMutablePointer<Element>, rowStride targetStride: Int, rows: Int, columns: Int
) {
    let size = MemoryLayout<Element>.stride
    // Runs of 512 bytes in the source, of a cache line or more in the target, and a tile within 16 KiB.
    let tileRows = 512 / size
    let tileColumns = 32
    let padded = tileRows + 1
    withUnsafeTemporaryAllocation(of: Element.self, capacity: tileColumns * padded) { buffer in
        guard let buffer = buffer.baseAddress else { return }
        for firstRow in stride(from: 0, to: rows, by: tileRows) {
            let height = min(tileRows, rows - firstRow)
            for firstColumn in stride(from: 0, to: columns, by: tileColumns) {
                let width = min(tileColumns, columns - firstColumn)
                for column in 0..<width {
                    let from = source + ((firstColumn + column) * sourceStride + firstRow) * size
                    UnsafeMutableRawPointer(buffer + column * padded).copyMemory(
                        from: from, byteCount: height * size)
                }
                for row in 0..<height {
                    let to = target + (firstRow + row) * targetStride + firstColumn
                    let from = buffer + row
                    for column in 0..<width { to[column] = from[column * padded] }
                }
            }
        }
    }
}
