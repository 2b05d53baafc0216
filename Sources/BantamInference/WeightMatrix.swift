import BantamEncodings
import BantamTensors

/// A weight in matrix form `[rows, columns]`, held so that it can be multiplied with.
indirect enum WeightMatrix: Sendable {
    /// All elements, float32.
    case dense(Tensor, rows: Int, columns: Int)
    /// left · right.
    case product(WeightMatrix, WeightMatrix)

    var rows: Int {
        switch self {
        case .dense(_, let rows, _): rows
        case .product(let left, _): left.rows
        }
    }

    var columns: Int {
        switch self {
        case .dense(_, _, let columns): columns
        case .product(_, let right): right.columns
        }
    }

    /// Elements that a product takes from the workspace for each vector.
    var scratch: Int {
        switch self {
        case .dense: 0
        case .product(let left, let right): right.rows + left.scratch + right.scratch
        }
    }

    /// A dense weight of rank ≥ 2 cut into `groups` blocks of rows.
    static func split(_ weight: Tensor, into groups: Int) -> [WeightMatrix] {
        let rows = weight.shape.axes[0] / groups
        return (0..<groups).map { group in
            let block = weight.samples(group * rows..<(group + 1) * rows)
            return .dense(block, rows: rows, columns: rows == 0 ? 0 : block.elementCount / rows)
        }
    }

    /// y `[rows, count]` = W · x `[columns, count]`.
    func multiply(
        _ x: UnsafeMutableBufferPointer<Float>, count: Int, into y: UnsafeMutableBufferPointer<Float>,
        _ workspace: Workspace
    ) {
        switch self {
        case .dense(let weight, let rows, let columns):
            weight.withElements(as: Float.self) {
                Gemm.multiply(
                    $0.baseAddress!, rows: rows, columns: columns, x.baseAddress!, count: count,
                    into: y.baseAddress!)
            }
        case .product(let left, let right):
            let middle = workspace.take(right.rows * count)
            right.multiply(x, count: count, into: middle, workspace)
            left.multiply(middle, count: count, into: y, workspace)
            workspace.give(middle)
        }
    }

    /// y `[count, rows]` = x `[count, columns]` · Wᵀ.
    func multiplyTransposed(
        _ x: UnsafeMutableBufferPointer<Float>, count: Int, into y: UnsafeMutableBufferPointer<Float>,
        _ workspace: Workspace
    ) {
        switch self {
        case .dense(let weight, let rows, let columns):
            weight.withElements(as: Float.self) {
                Gemm.multiplyTransposed(
                    $0.baseAddress!, rows: rows, columns: columns, x.baseAddress!, count: count,
                    into: y.baseAddress!)
            }
        case .product(let left, let right):
            let middle = workspace.take(right.rows * count)
            right.multiplyTransposed(x, count: count, into: middle, workspace)
            left.multiplyTransposed(middle, count: count, into: y, workspace)
            workspace.give(middle)
        }
    }
}

extension WeightSource {
    /// An encoding of rank ≥ 2 as a matrix, which is dense unless the execution is direct.
    func matrix(_ encoding: Encoding, _ name: String, _ place: LayerPlace) throws -> WeightMatrix {
        if execution == .direct, case .lowRank(let lowRank) = encoding, lowRank.rank > 0 {
            return .product(
                try matrix(lowRank.left, name, place), try matrix(lowRank.right, name, place))
        }
        let values = try decoded(encoding, name, place)
        let (rows, columns) = values.shape.matrixForm ?? (1, values.elementCount)
        return .dense(values, rows: rows, columns: columns)
    }
}
