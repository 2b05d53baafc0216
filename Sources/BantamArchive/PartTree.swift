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
            return try packed?(array, packing) ?? .packed(try leaf(array, Part.packed), packing)
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

extension PartTree {
    /// The bits of packed codes; 16, as many as any have, if they are not packed.
    fileprivate var codeBits: Int {
        switch self {
        case .packed(_, let packing): packing.codes.bits
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _): values.codeBits
        case .repeatedRows(let distinct, _, _): distinct.codeBits
        default: 16
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

extension PartTree where Leaf == Tensor {
    /// The tree of an encoding, with its arrays at the leaves.
    init(_ encoding: Encoding) {
        switch encoding {
        case .dense(let tensor): self = .dense(tensor)
        case .quantized(let quantized):
            self = .quantized(
                codes: PartTree(quantized.codes).packable(
                    PackedCodes(bits: quantized.codeBits, isSigned: true)),
                scales: PartTree(quantized.heldScales ?? .dense(quantized.scales)),
                zeroPoints: quantized.zeroPoints,
                form: QuantizedForm(
                    granularity: quantized.granularity, rotation: quantized.rotation,
                    trellis: quantized.trellis))
        case .palettized(let palettized):
            self = .palettized(
                codes: PartTree(palettized.codes)
                    .packable(PackedCodes(bits: palettized.codeBits, isSigned: false)),
                codebook: palettized.codebook, rowsPerGroup: palettized.rowsPerGroup)
        case .trellisCoded(let coded): self = .trellis(indices: coded.indices, tables: coded.tables)
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

    /// The tree with its codes marked as such that fit into fewer bits. They are packed when it is known that no
    /// coder makes them smaller; until then the leaf holds them as bytes.
    private func packable(_ packing: PackedCodes?) -> PartTree {
        guard let packing else { return self }
        switch self {
        case .dense(let codes) where codes.dtype == packing.dtype:
            return .packed(codes, Packing(codes: packing, count: codes.elementCount))
        case .csr(let values, let columnIndices, let rowPointers):
            return .csr(
                values: values.packable(packing), columnIndices: columnIndices, rowPointers: rowPointers)
        case .bitmask(let values, let bitmask):
            return .bitmask(values: values.packable(packing), bitmask: bitmask)
        case .relative(let values, let gaps): return .relative(values: values.packable(packing), gaps: gaps)
        default: return self
        }
    }

    /// The encoding of a tensor of `shape`, its parts checked against each other.
    ///
    /// - Parameter shape: `nil` for values along one axis, as many as there are.
    /// - Throws: ``BantamError`` of kind `corruption` if positions and values do not fit.
    func encoding(shape: Shape?, workers: Workers) throws -> Encoding {
        func whole() throws -> Shape {
            guard let shape else { throw BantamError(.corruption, "expected plain or quantized values") }
            return shape
        }
        switch self {
        case .dense(let tensor): return .dense(tensor)
        case .number(let number): return .dense(Tensor(.float32, [], [number]))
        case .packed(let data, let packing):
            let codes = try packing.codes.unpacked(data, count: packing.count)
            return .dense(codes.reshaped(shape ?? codes.shape))
        case .quantized(let codes, let scales, let zeroPoints, let form):
            let bits = codes.codeBits
            let codes = try codes.encoding(shape: shape, workers: workers)
            let held = try scales.encoding(
                shape: form.granularity.scaleShape(of: codes.shape), workers: workers)
            let decoded = try held.decoded(workers: workers)
            let isPlain = if case .dense(let tensor) = held { tensor.dtype == .float32 } else { false }
            return .quantized(
                Quantized(
                    codes: codes, scales: try decoded.float32(), zeroPoints: zeroPoints,
                    granularity: form.granularity, heldScales: isPlain ? nil : held, codeBits: bits,
                    rotation: form.rotation, trellis: form.trellis))
        case .palettized(let codes, let codebook, let rowsPerGroup):
            let palettized = Palettized(
                codes: try codes.encoding(shape: shape, workers: workers), codebook: codebook,
                rowsPerGroup: rowsPerGroup)
            try palettized.validate()
            return .palettized(palettized)
        case .trellis(let indices, let tables):
            return .trellisCoded(try TrellisCoded(validating: whole(), indices: indices, tables: tables))
        case .csr(let values, let columnIndices, let rowPointers):
            return .sparse(
                try Sparse(
                    validating: whole(),
                    positions: .csr(rowPointers: rowPointers, columnIndices: columnIndices),
                    values: values.encoding(shape: nil, workers: workers)))
        case .bitmask(let values, let bitmask):
            return .sparse(
                try Sparse(
                    validating: whole(), positions: .bitmask(bitmask),
                    values: values.encoding(shape: nil, workers: workers)))
        case .relative(let values, let gaps):
            return .sparse(
                try Sparse(
                    validating: whole(), positions: .relative(gaps),
                    values: values.encoding(shape: nil, workers: workers)))
        case .lowRank(let left, let right, let rank):
            let shape = try whole()
            guard let (rows, columns) = shape.matrixForm else {
                throw BantamError(.corruption, "expected a matrix for low-rank factors, found shape \(shape)")
            }
            return .lowRank(
                try LowRank(
                    validating: shape, left: left.encoding(shape: [rows, rank], workers: workers),
                    right: right.encoding(shape: [rank, columns], workers: workers)))
        case .repeatedRows(let distinct, let repeats, let rows):
            let shape = try whole()
            let columns = shape.matrixForm?.columns ?? 0
            let distinct = try distinct.encoding(shape: [rows, columns], workers: workers)
            return .dense(
                try RepeatedRows(distinct: distinct.decoded(workers: workers), repeats: repeats)
                    .decoded(shape: shape, workers: workers))
        case .base, .predicted:
            throw BantamError(.internal, "a tensor that is predicted from a base has no encoding of its own")
        }
    }
}
