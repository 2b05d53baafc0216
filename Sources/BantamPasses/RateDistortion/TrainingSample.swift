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

    /// Elements as they are.
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
                values += elements[start..<start + count]
            }
        }
    }

    /// As many lanes as the matrix will have, and the elements of its blocks.
    var arrangement: (lanes: Int, blockLength: Int) {
        let (laneBits, blockBits) = TrellisHeader.arrangement(of: elementCount)
        return (1 << laneBits, 1 << blockBits)
    }

    /// The bytes of the blocks of the whole matrix beside their indices, which take `bitsPerWeight`.
    ///
    /// The states of a lane are four bytes, which on average hold one of what was coded.
    func byteCountOfBlocks(bitsPerWeight: Double) -> Int {
        let (lanes, blockLength) = arrangement
        return stride(from: 0, to: elementCount, by: blockLength).reduce(0) { sum, start in
            let elements = min(blockLength, elementCount - start)
            let count = 1 + 3 * lanes + Int(bitsPerWeight * Double(elements) / 8)
            // Seven bits of the size in each byte.
            return sum + 1 + 3 * lanes + (70 - count.leadingZeroBitCount) / 7
        }
    }

    /// The sample in steps, with the class of each element. Returns the bytes before the blocks of the matrix.
    func scaled(
        by step: Float, _ code: TrellisCode, into values: UnsafeMutablePointer<Float>,
        _ classes: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let inverse = 1 / step
        let header = scales.header(code, step: step)
        let rowClasses = header.rowClasses.classes
        // As they are stored, so that a step does to the sample what it will do to the matrix.
        let means = header.means?.values(step: step)
        let last = TrellisTables.classCount - 1
        for run in runs {
            let row = Int(rowClasses[run.row])
            for index in run.start..<run.start + run.count {
                let column = run.column + index - run.start
                values[index] = (self.values[index] - (means?[column] ?? 0)) * inverse
                let sum = row + Int(scales.columnClasses[column])
                classes[index] = UInt8(max(0, min(last, sum)))
            }
        }
        return header.serialized().count
    }
}
