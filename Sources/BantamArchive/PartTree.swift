// Why: the archive writes, names, checks and reads any tree of encodings; all four walk the same tree, with
// something else at its leaves each time.

import BantamCoding
import BantamEncodings
import BantamTensors

/// The shape of an ``Encoding``: what is nested in what, with a leaf for every array.
indirect enum PartTree<Leaf: Sendable>: Sendable {
    case dense(Leaf)
    case quantized(codes: PartTree, scales: Leaf, zeroPoints: Leaf?, granularity: Quantized.Granularity)
    case csr(values: PartTree, columnIndices: Leaf, rowPointers: Leaf)
    case bitmask(values: PartTree, bitmask: Leaf)
    case relative(values: PartTree, gaps: Leaf)
    case lowRank(left: PartTree, right: PartTree, rank: Int)
    /// The tensor of the base with that checksum, as it is. Only a whole tensor is held so.
    case base(Checksum)
    /// What remains of the tensor when that of the base, with that checksum, is known. Likewise.
    case predicted(residual: Leaf, kind: Residual, base: Checksum)
}

/// The names of parts: members of the JSON, and what is appended to a tensor's name.
enum Part {
    static let codes = "codes"
    static let scales = "scales"
    static let zeroPoints = "zero_points"
    static let values = "values"
    static let columnIndices = "column_indices"
    static let rowPointers = "row_pointers"
    static let bitmask = "bitmask"
    static let gaps = "gaps"
    static let left = "left"
    static let right = "right"
    static let base = "base"
}

extension PartTree {
    /// The same tree with other leaves, visited in the order of the file.
    ///
    /// - Parameter path: what stands before the names of the parts; a leaf is given its own: `.left.codes`.
    func map<Result: Sendable>(
        path: String = "", _ body: (_ path: String, Leaf) throws -> Result
    ) rethrows -> PartTree<Result> {
        func leaf(_ leaf: Leaf, _ part: String) throws -> Result { try body("\(path).\(part)", leaf) }
        func tree(_ tree: PartTree, _ part: String) throws -> PartTree<Result> {
            try tree.map(path: "\(path).\(part)", body)
        }
        switch self {
        case .dense(let array): return .dense(try body(path, array))
        case .quantized(let codes, let scales, let zeroPoints, let granularity):
            return .quantized(
                codes: try tree(codes, Part.codes), scales: try leaf(scales, Part.scales),
                zeroPoints: try zeroPoints.map { try leaf($0, Part.zeroPoints) }, granularity: granularity)
        case .csr(let values, let columnIndices, let rowPointers):
            return .csr(
                values: try tree(values, Part.values),
                columnIndices: try leaf(columnIndices, Part.columnIndices),
                rowPointers: try leaf(rowPointers, Part.rowPointers))
        case .bitmask(let values, let bitmask):
            return .bitmask(values: try tree(values, Part.values), bitmask: try leaf(bitmask, Part.bitmask))
        case .relative(let values, let gaps):
            return .relative(values: try tree(values, Part.values), gaps: try leaf(gaps, Part.gaps))
        case .lowRank(let left, let right, let rank):
            return .lowRank(left: try tree(left, Part.left), right: try tree(right, Part.right), rank: rank)
        case .base(let base): return .base(base)
        case .predicted(let residual, let kind, let base):
            return .predicted(residual: try leaf(residual, kind.rawValue), kind: kind, base: base)
        }
    }

    /// All leaves in the order of the file.
    var leaves: [Leaf] {
        var leaves: [Leaf] = []
        _ = map { leaves.append($1) }
        return leaves
    }

    /// The leaf whose elements are the numbers: the codes of a quantized tree, the values of a sparse one. A tree
    /// that is predicted from a base has none.
    var elements: Leaf? {
        switch self {
        case .dense(let array): array
        case .quantized(let codes, _, _, _): codes.elements
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _): values.elements
        case .lowRank(let left, _, _): left.elements
        case .base, .predicted: nil
        }
    }

    /// The kinds from the outside in; see ``Encoding/summary``. A dense tree is said by `dense`.
    func summary(dense: (Leaf) -> String) -> String {
        func nested(_ kind: String, _ tree: PartTree) -> String {
            if case .dense = tree { kind } else { kind + ">" + tree.summary(dense: dense) }
        }
        return switch self {
        case .dense(let array): dense(array)
        case .quantized(let codes, _, _, _): nested("quantized", codes)
        case .csr(let values, _, _): nested("csr", values)
        case .bitmask(let values, _): nested("bitmask", values)
        case .relative(let values, _): nested("relative", values)
        case .lowRank(let left, _, _): nested("low-rank", left)
        case .base: "same as base"
        case .predicted(_, let kind, _): kind.rawValue
        }
    }

    /// The checksum of the base's tensor, if there is no decoding without it.
    var base: Checksum? {
        switch self {
        case .base(let base), .predicted(_, _, let base): base
        default: nil
        }
    }
}

extension PartTree where Leaf == Tensor {
    /// The tree of an encoding, with its arrays at the leaves.
    init(_ encoding: Encoding) {
        switch encoding {
        case .dense(let tensor): self = .dense(tensor)
        case .quantized(let quantized):
            self = .quantized(
                codes: PartTree(quantized.codes), scales: quantized.scales, zeroPoints: quantized.zeroPoints,
                granularity: quantized.granularity)
        case .sparse(let sparse):
            let values = PartTree(sparse.values)
            switch sparse.positions {
            case .csr(let rowPointers, let columnIndices):
                self = .csr(values: values, columnIndices: columnIndices, rowPointers: rowPointers)
            case .bitmask(let bitmask): self = .bitmask(values: values, bitmask: bitmask)
            case .relative(let gaps): self = .relative(values: values, gaps: gaps)
            }
        case .lowRank(let lowRank):
            self = .lowRank(
                left: PartTree(lowRank.left), right: PartTree(lowRank.right), rank: lowRank.rank)
        }
    }

    /// The encoding of a tensor of `shape`, its parts checked against each other.
    ///
    /// - Parameter shape: `nil` for values along one axis, as many as there are.
    /// - Throws: ``BantamError`` of kind `corruption` if positions and values do not fit.
    func encoding(shape: Shape?) throws -> Encoding {
        func whole() throws -> Shape {
            guard let shape else { throw BantamError(.corruption, "expected plain or quantized values") }
            return shape
        }
        switch self {
        case .dense(let tensor): return .dense(tensor)
        case .quantized(let codes, let scales, let zeroPoints, let granularity):
            return .quantized(
                Quantized(
                    codes: try codes.encoding(shape: shape), scales: scales, zeroPoints: zeroPoints,
                    granularity: granularity))
        case .csr(let values, let columnIndices, let rowPointers):
            return .sparse(
                try Sparse(
                    validating: whole(),
                    positions: .csr(rowPointers: rowPointers, columnIndices: columnIndices),
                    values: values.encoding(shape: nil)))
        case .bitmask(let values, let bitmask):
            return .sparse(
                try Sparse(
                    validating: whole(), positions: .bitmask(bitmask), values: values.encoding(shape: nil)))
        case .relative(let values, let gaps):
            return .sparse(
                try Sparse(
                    validating: whole(), positions: .relative(gaps), values: values.encoding(shape: nil)))
        case .lowRank(let left, let right, let rank):
            let shape = try whole()
            guard let (rows, columns) = shape.matrixForm else {
                throw BantamError(.corruption, "expected a matrix for low-rank factors, found shape \(shape)")
            }
            return .lowRank(
                try LowRank(
                    validating: shape, left: left.encoding(shape: [rows, rank]),
                    right: right.encoding(shape: [rank, columns])))
        case .base, .predicted:
            throw BantamError(.internal, "a tensor that is predicted from a base has no encoding of its own")
        }
    }
}
