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
    private let scales: MatrixScales
    /// The longest run.
    private static let runLength = 4096

    /// Every `interval`-th row of `tensor`, or run if rows are long.
    init(of tensor: Tensor, scales: MatrixScales, interval: Int) {
        self.scales = scales
        let columns = scales.columns
        guard columns > 0 else { return }
        let runsInRow = (columns - 1) / TrainingSample.runLength + 1
        let total = scales.rows * runsInRow
        tensor.withElements(as: Float.self) { elements in
            for place in stride(from: min(interval / 2, max(0, total - 1)), to: total, by: interval) {
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

    /// The sample in steps, with the class of each element.
    func scaled(
        by step: Float, into values: UnsafeMutablePointer<Float>, _ classes: UnsafeMutablePointer<UInt8>
    ) {
        let inverse = 1 / step
        let rowClasses = scales.rowClasses(step: step).classes
        let last = TrellisTables.classCount - 1
        for run in runs {
            let row = Int(rowClasses[run.row])
            for index in run.start..<run.start + run.count {
                values[index] = self.values[index] * inverse
                let sum = row + Int(scales.columnClasses[run.column + index - run.start])
                classes[index] = UInt8(max(0, min(last, sum)))
            }
        }
    }
}
