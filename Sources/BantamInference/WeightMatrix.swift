import BantamEncodings
import BantamTensors

/// A weight in matrix form `[rows, columns]`, held so that it can be multiplied with.
indirect enum WeightMatrix: Sendable {
    /// All elements, float32.
    case dense(Tensor, rows: Int, columns: Int)
    /// Only what is not zero.
    case sparse(CSRMatrix)
    /// left · right.
    case product(WeightMatrix, WeightMatrix)

    var rows: Int {
        switch self {
        case .dense(_, let rows, _): rows
        case .sparse(let matrix): matrix.rows
        case .product(let left, _): left.rows
        }
    }

    var columns: Int {
        switch self {
        case .dense(_, _, let columns): columns
        case .sparse(let matrix): matrix.columns
        case .product(_, let right): right.columns
        }
    }

    /// Elements that a product takes from the workspace for each vector.
    var scratch: Int {
        switch self {
        case .dense: 0
        case .sparse(let matrix): matrix.rows + matrix.columns
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
    ) throws {
        switch self {
        case .dense(let weight, let rows, let columns):
            weight.withElements(as: Float.self) {
                Gemm.multiply(
                    $0.baseAddress!, rows: rows, columns: columns, x.baseAddress!, count: count,
                    into: y.baseAddress!)
            }
        case .sparse(let matrix):
            let operand = Tensor(.float32, [matrix.columns, count], as: Float.self) {
                _ = $0.update(fromContentsOf: x)
            }
            try matrix.multiplied(by: operand).withElements(as: Float.self) {
                _ = y.update(fromContentsOf: $0)
            }
        case .product(let left, let right):
            let middle = workspace.take(right.rows * count)
            try right.multiply(x, count: count, into: middle, workspace)
            try left.multiply(middle, count: count, into: y, workspace)
            workspace.give(middle)
        }
    }

    /// y `[count, rows]` = x `[count, columns]` · Wᵀ.
    func multiplyTransposed(
        _ x: UnsafeMutableBufferPointer<Float>, count: Int, into y: UnsafeMutableBufferPointer<Float>,
        _ workspace: Workspace
    ) throws {
        switch self {
        case .dense(let weight, let rows, let columns):
            weight.withElements(as: Float.self) {
                Gemm.multiplyTransposed(
                    $0.baseAddress!, rows: rows, columns: columns, x.baseAddress!, count: count,
                    into: y.baseAddress!)
            }
        case .sparse(let matrix):
            let operand = Tensor(.float32, [count, matrix.columns], as: Float.self) {
                _ = $0.update(fromContentsOf: x)
            }
            try matrix.applied(to: operand).withElements(as: Float.self) {
                _ = y.update(fromContentsOf: $0)
            }
        case .product(let left, let right):
            let middle = workspace.take(right.rows * count)
            try right.multiplyTransposed(x, count: count, into: middle, workspace)
            try left.multiplyTransposed(middle, count: count, into: y, workspace)
            workspace.give(middle)
        }
    }
}

extension WeightSource {
    /// An encoding of rank ≥ 2 as a matrix, which is dense unless the execution is direct.
    func matrix(_ encoding: Encoding, _ name: String, _ place: LayerPlace) throws -> WeightMatrix {
        if execution == .direct, let matrix = try blaming(name, place, { try direct(encoding, name, place) })
        {
            return matrix
        }
        let values = try decoded(encoding, name, place)
        let (rows, columns) = values.shape.matrixForm ?? (1, values.elementCount)
        return .dense(values, rows: rows, columns: columns)
    }

    /// `nil` where there is nothing to gain: dense values, dense codes, zero points other than zero.
    private func direct(_ encoding: Encoding, _ name: String, _ place: LayerPlace) throws -> WeightMatrix? {
        switch encoding {
        case .dense, .palettized, .trellisCoded: return nil
        case .quantized(let quantized):
            guard case .sparse = quantized.codes, quantized.zeroPoints == nil, quantized.rotation == nil
            else { return nil }
            try quantized.validate()
            return try CSRMatrix(encoding, workers: workers).map(WeightMatrix.sparse)
        case .sparse: return try CSRMatrix(encoding, workers: workers).map(WeightMatrix.sparse)
        case .lowRank(let lowRank):
            guard let (rows, columns) = lowRank.shape.matrixForm, lowRank.left.shape.rank == 2,
                lowRank.left.shape.axes[0] == rows, lowRank.right.shape == [lowRank.rank, columns]
            else {
                throw BantamError(
                    .corruption,
                    "expected factors of \(lowRank.shape), found \(lowRank.left.shape) and "
                        + "\(lowRank.right.shape)")
            }
            // Nothing times nothing: the sum over no terms is left to the decoder.
            guard lowRank.rank > 0 else { return nil }
            return .product(try matrix(lowRank.left, name, place), try matrix(lowRank.right, name, place))
        }
    }
}
