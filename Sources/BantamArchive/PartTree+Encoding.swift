// Why: passes know encodings, the archive trees of parts; this is the way between them, both ways.

import BantamEncodings
import BantamTensors

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
