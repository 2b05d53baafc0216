// Why: the archive writes, names, checks and reads any tree of encodings; all four walk the same tree, with
// something else at its leaves each time.

import BantamCoding
import BantamEncodings
import BantamTensors

/// The shape of an ``Encoding``: what is nested in what, with a leaf for every array.
indirect enum PartTree<Leaf: Sendable>: Sendable {
    case dense(Leaf)
    /// One float32 that stands in the header itself: the only scale of a tensor.
    case number(Float)
    case packed(Leaf, Packing)
    case quantized(codes: PartTree, scales: PartTree, zeroPoints: Leaf?, form: QuantizedForm)
    case palettized(codes: PartTree, codebook: Leaf, rowsPerGroup: Int?)
    /// Indices of a trellis code, as docs/rate-distortion.md specifies them. Only a whole tensor is held so.
    case trellis(indices: Leaf, tables: Leaf)
    case csr(values: PartTree, columnIndices: Leaf, rowPointers: Leaf)
    case bitmask(values: PartTree, bitmask: Leaf)
    case relative(values: PartTree, gaps: Leaf)
    case lowRank(left: PartTree, right: PartTree, rank: Int)
    /// Equal rows of a matrix once; `rows` is the number of distinct ones, which are dense or packed.
    case repeatedRows(distinct: PartTree, repeats: Leaf, rows: Int)
    /// The tensor of the base with that checksum, as it is. Only a whole tensor is held so.
    case base(Checksum)
    /// What remains of the tensor when that of the base, with that checksum, is known. Likewise.
    case predicted(residual: Leaf, kind: Residual, base: Checksum)
}

/// What is known of quantized values beside the arrays.
struct QuantizedForm: Sendable, Hashable {
    var granularity: Quantized.Granularity
    var rotation: HadamardRotation?
    var trellis: TrellisCode?
}

/// How many codes are packed in an array, and how.
struct Packing: Sendable, Hashable {
    var codes: PackedCodes
    var count: Int

    /// What the header says of packed codes beyond what it says of coded ones.
    static let headerByteCount = 32
}

/// The names of parts: members of the JSON, and what is appended to a tensor's name.
enum Part {
    static let packed = "packed"
    static let codes = "codes"
    static let codebook = "codebook"
    static let scales = "scales"
    static let zeroPoints = "zero_points"
    static let indices = "indices"
    static let tables = "tables"
    static let values = "values"
    static let columnIndices = "column_indices"
    static let rowPointers = "row_pointers"
    static let bitmask = "bitmask"
    static let gaps = "gaps"
    static let left = "left"
    static let right = "right"
    static let distinct = "distinct"
    static let repeats = "repeats"
    static let base = "base"
}

extension PartTree {
    /// The same tree with other leaves, visited in the order of the file.
    ///
    /// - Parameters:
    ///   - path: what stands before the names of the parts; a leaf is given its own: `.left.codes`.
    ///   - packed: what becomes of packed codes; without it they stay packed.
    func map<Result: Sendable>(
        path: String = "", packed: ((Leaf, Packing) throws -> PartTree<Result>)? = nil,
        _ body: (_ path: String, Leaf) throws -> Result
    ) rethrows -> PartTree<Result> {
        func leaf(_ leaf: Leaf, _ part: String) throws -> Result { try body("\(path).\(part)", leaf) }
        func tree(_ tree: PartTree, _ part: String) throws -> PartTree<Result> {
            try tree.map(path: "\(path).\(part)", packed: packed, body)
        }
        switch self {
        case .dense(let array): return .dense(try body(path, array))
        case .number(let number): return .number(number)
        case .packed(let array, let packing):
            // No `??` here: in a function that rethrows, compilers lose what is thrown to its right.
            if let other = try packed?(array, packing) { return other }
            return .packed(try leaf(array, Part.packed), packing)
        case .quantized(let codes, let scales, let zeroPoints, let form):
            return .quantized(
                codes: try tree(codes, Part.codes), scales: try tree(scales, Part.scales),
                zeroPoints: try zeroPoints.map { try leaf($0, Part.zeroPoints) }, form: form)
        case .palettized(let codes, let codebook, let rowsPerGroup):
            return .palettized(
                codes: try tree(codes, Part.codes), codebook: try leaf(codebook, Part.codebook),
                rowsPerGroup: rowsPerGroup)
        case .trellis(let indices, let tables):
            return .trellis(indices: try leaf(indices, Part.indices), tables: try leaf(tables, Part.tables))
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
        case .repeatedRows(let distinct, let repeats, let rows):
            return .repeatedRows(
                distinct: try tree(distinct, Part.distinct), repeats: try leaf(repeats, Part.repeats),
                rows: rows)
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
    /// that is predicted from a base, or coded whole, has none.
    var elements: Leaf? {
        switch self {
        case .dense(let array), .packed(let array, _): array
        case .quantized(let codes, _, _, _), .palettized(let codes, _, _): codes.elements
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _): values.elements
        case .lowRank(let left, _, _): left.elements
        case .repeatedRows(let distinct, _, _): distinct.elements
        case .number, .trellis, .base, .predicted: nil
        }
    }

    /// The kinds from the outside in; see ``Encoding/summary``. A dense tree is said by `dense`.
    func summary(dense: (Leaf) -> String) -> String {
        func nested(_ kind: String, _ tree: PartTree) -> String {
            if case .dense = tree { kind } else { kind + ">" + tree.summary(dense: dense) }
        }
        return switch self {
        case .dense(let array): dense(array)
        case .number: "number"
        case .packed(_, let packing): packing.codes.name
        case .quantized(let codes, _, _, let form):
            nested(form.trellis == nil ? "quantized" : "trellis-codes", codes)
        case .palettized(let codes, _, _): nested("palettized", codes)
        case .trellis: "trellis"
        case .csr(let values, _, _): nested("csr", values)
        case .bitmask(let values, _): nested("bitmask", values)
        case .relative(let values, _): nested("relative", values)
        case .lowRank(let left, _, _): nested("low-rank", left)
        case .repeatedRows(let distinct, _, _): nested("repeated-rows", distinct)
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

extension PackedCodes {
    /// What the format calls the type of a code: `int4`, `uint3`.
    var name: String { (isSigned ? "int" : "uint") + String(bits) }

    /// The layout that the format calls `name`; `nil` if there is none.
    init?(name: String) {
        let isSigned = name.hasPrefix("int")
        guard isSigned || name.hasPrefix("uint"), let bits = Int(name.dropFirst(isSigned ? 3 : 4)) else {
            return nil
        }
        self.init(bits: bits, isSigned: isSigned)
        if self.name != name { return nil }
    }
}
