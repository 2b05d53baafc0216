// Why: tables are settled on a part of the rows, because a search over all of them again and again takes long.

import BantamEncodings
import BantamTensors

/// Some rows of a matrix, with all that is needed to bring them to any step.
struct TrainingSample: Sendable {
    /// A run of elements within a row.
    private struct Run: Sendable {
        var start: Int
        var count: Int
        var column: Int
        var row: Int
    }

    /// Elements less the mean of their column.
    private(set) var values: [Float] = []
    private var runs: [Run] = []
    let scales: MatrixScales
    /// The elements of the whole matrix.
    var elementCount: Int { scales.rows * scales.columns }
    /// The longest run.
    private static let runLength = 4096

    /// One row of every `interval` rows of `tensor`, or run if rows are long.
    init(of tensor: Tensor, scales: MatrixScales, interval: Int) {
        self.scales = scales
        let columns = scales.columns
        guard columns > 0 else { return }
        let runsInRow = (columns - 1) / TrainingSample.runLength + 1
        let total = scales.rows * runsInRow
        tensor.withElements(as: Float.self) { elements in
            for first in stride(from: 0, to: total, by: interval) {
                // Anywhere among them: heads and channels come in powers of two, and would be hit in one place.
                let bits = UInt64(first / interval + 1) &* 0x9e37_79b9_7f4a_7c15
                let place = first + Int(bits >> 33) % min(interval, total - first)
                let (row, part) = place.quotientAndRemainder(dividingBy: runsInRow)
                let column = part * TrainingSample.runLength
                let count = min(TrainingSample.runLength, columns - column)
                runs.append(Run(start: values.count, count: count, column: column, row: row))
                let start = row * columns + column
                for index in 0..<count {
                    values.append(elements[start + index] - (scales.means?[column + index] ?? 0))
                }
            }
        }
    }

    /// The sample in steps, with the class of each element. Returns the bytes of the whole matrix beside its indices.
    func scaled(
        by step: Float, _ code: TrellisCode, into values: UnsafeMutablePointer<Float>,
        _ classes: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let inverse = 1 / step
        let header = scales.header(code, step: step)
        let rowClasses = header.rowClasses.classes
        let last = TrellisTables.classCount - 1
        for run in runs {
            let row = Int(rowClasses[run.row])
            for index in run.start..<run.start + run.count {
                values[index] = self.values[index] * inverse
                let sum = row + Int(scales.columnClasses[run.column + index - run.start])
                classes[index] = UInt8(max(0, min(last, sum)))
            }
        }
        // Of a block its size, its states and the number of its escapes.
        let blocks = (scales.rows * scales.columns - 1) >> header.blockBits + 1
        return header.serialized().count + blocks * (3 + 4 << header.laneBits + 1)
    }
}
