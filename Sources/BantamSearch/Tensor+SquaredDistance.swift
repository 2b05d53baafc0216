import BantamTensors

extension Tensor {
    /// Σ of the squared differences of two sets of outputs; `ignoringShifts` takes from each row the mean of its
    /// differences first.
    func squaredDistance(to other: Tensor, ignoringShifts: Bool) throws -> Double {
        let columns = max(ignoringShifts ? shape.axes.last ?? 1 : 1, 1)
        return try float32().withElements(as: Float.self) { mine in
            try other.float32().withElements(as: Float.self) { theirs in
                var total = 0.0
                for row in stride(from: 0, to: min(mine.count, theirs.count), by: columns) {
                    var (sum, square) = (0.0, 0.0)
                    for column in row..<row + columns {
                        let difference = Double(mine[column]) - Double(theirs[column])
                        sum += difference
                        square += difference * difference
                    }
                    total += ignoringShifts ? square - sum * sum / Double(columns) : square
                }
                return total
            }
        }
    }

    /// Whether there is neither NaN nor infinity.
    var allFinite: Bool {
        get throws {
            try float32().withElements(as: Float.self) { elements in elements.allSatisfy(\.isFinite) }
        }
    }
}
