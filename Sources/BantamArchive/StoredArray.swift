// Why: the reader knows an array by what the header, the coded bytes and the encodings say of it; only where all
// agree does it become one.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors

/// An array of an open archive.
struct StoredArray: Sendable {
    /// Its position in the safetensors header.
    var index: Int
    /// dtype and shape of the raw array.
    var layout: ArrayLayout
    /// The identifier of its coder; `nil` if it stands plain.
    var coder: UInt8?
    /// The bytes in the file.
    var byteCount: Int

    var isCoded: Bool { coder != nil }
}

/// Turns the names in a tree into the arrays they stand for, checked against what the tree needs.
///
/// Nothing is decoded, and only the headers of coded arrays are read. Shapes of trees that are not dense have
/// elements, and not many more than the file has bytes; see ``Proportion``.
struct ArrayResolver {
    let file: SafetensorsFile
    /// The position of an array in the safetensors header, by name.
    let indices: [String: Int]
    let tensor: String
    /// The original dtype.
    let original: DType

    private static let indexTypes: [DType] = [.uint8, .uint16, .uint32, .uint64]

    /// The arrays of a tree.
    ///
    /// - Parameters:
    ///   - tree: names of arrays.
    ///   - shape: what the tree must decode to; `nil` for values along one axis, as many as there are.
    /// - Throws: ``BantamError`` of kind `corruption` that names the array, what was expected and what was found.
    func resolve(_ tree: PartTree<String>, shape: Shape?) throws -> PartTree<StoredArray> {
        switch tree {
        case .dense(let name):
            let dtype: DType? = original == .complex128 ? .complex128 : nil
            return .dense(try array(name, shape: shape, dtype: dtype))
        case .number(let number): return .number(number)
        case .packed(let name, let packing):
            guard shape == nil || shape?.elementCount == packing.count,
                let codes = Shape(checking: [packing.count])
            else {
                throw BantamError(
                    .corruption,
                    "expected \(shape?.elementCount ?? 0) packed codes, found a count of \(packing.count)")
            }
            let array = try array(
                name, shape: [packing.codes.byteCount(codes.elementCount)], dtype: .uint8)
            return .packed(array, packing)
        case .quantized(let codes, let scales, let zeroPoints, let form):
            let codes = try resolve(codes, shape: shape)
            let element = codes.element
            if form.trellis != nil, !codes.isDense || element.dtype != .int8 || zeroPoints != nil {
                throw BantamError(
                    .corruption,
                    "expected dense int8 codes without zero points as indices of a trellis code, found others"
                )
            }
            try check(
                element.dtype,
                among: codes.isPalettized ? [.uint8] : [.int8, .int16, .float8E4M3, .float8E5M2], "codes")
            let scaleShape = form.granularity.scaleShape(of: shape ?? [element.count])
            let scales = try resolve(scales, shape: scaleShape)
            try check(scales)
            let zeroPoints = try zeroPoints.map { try array($0, shape: scaleShape) }
            if let zeroPoints { try check(zeroPoints.layout.dtype, among: [element.dtype], "zero points") }
            return .quantized(
                codes: codes, scales: scales, zeroPoints: zeroPoints, form: form)
        case .palettized(let codes, let codebook, let rowsPerGroup):
            let codes = try resolve(codes, shape: shape)
            try check(codes.element.dtype, among: [.uint8], "codes of a palette")
            let codebook = try array(codebook, shape: nil)
            try check(codebook.layout.dtype, among: [.float32, .float16], "a palette")
            return .palettized(codes: codes, codebook: codebook, rowsPerGroup: rowsPerGroup)
        case .trellis(let indices, let tables):
            return .trellis(
                indices: try array(indices, shape: nil, dtype: .uint8),
                tables: try array(tables, shape: nil, dtype: .uint8))
        case .csr(let values, let columnIndices, let rowPointers):
            let (values, count) = try resolve(values: values, shape)
            guard let rows = shape?.matrixForm?.rows else {
                throw BantamError(.corruption, "expected a matrix for csr, found shape \(shape ?? [count])")
            }
            let columnIndices = try array(columnIndices, shape: [count])
            let rowPointers = try array(rowPointers, shape: [rows + 1])
            try check(columnIndices.layout.dtype, among: ArrayResolver.indexTypes, "column indices")
            try check(rowPointers.layout.dtype, among: ArrayResolver.indexTypes, "row pointers")
            return .csr(values: values, columnIndices: columnIndices, rowPointers: rowPointers)
        case .bitmask(let values, let bitmask):
            let (values, _) = try resolve(values: values, shape)
            let elements = shape?.elementCount ?? 0
            let bitmask = try array(
                bitmask, shape: [elements / 8 + (elements % 8 == 0 ? 0 : 1)])
            try check(bitmask.layout.dtype, among: [.uint8], "the bitmask")
            return .bitmask(values: values, bitmask: bitmask)
        case .relative(let values, let gaps):
            let (values, _) = try resolve(values: values, shape)
            let gaps = try array(gaps, shape: nil)
            try check(gaps.layout.dtype, among: [.uint8], "gaps")
            return .relative(values: values, gaps: gaps)
        case .lowRank(let left, let right, let rank):
            guard let (rows, columns) = shape?.matrixForm, rank <= min(rows, columns) else {
                throw BantamError(
                    .corruption, "expected a matrix for factors of rank \(rank), found shape \(shape ?? [])")
            }
            return .lowRank(
                left: try resolve(left, shape: [rows, rank]),
                right: try resolve(right, shape: [rank, columns]), rank: rank)
        case .repeatedRows(let distinct, let repeats, let distinctRows):
            guard let shape else { throw BantamError(.corruption, "expected plain or quantized values") }
            guard let (rows, columns) = shape.matrixForm, distinctRows <= rows else {
                throw BantamError(
                    .corruption, "expected a matrix of at least \(distinctRows) rows, found shape \(shape)")
            }
            guard distinct.isDense else {
                throw BantamError(.corruption, "expected distinct rows dense or packed, found others")
            }
            let distinct = try resolve(distinct, shape: [distinctRows, columns])
            let repeats = try array(repeats, shape: [rows])
            try check(repeats.layout.dtype, among: ArrayResolver.indexTypes, "repeats")
            return .repeatedRows(distinct: distinct, repeats: repeats, rows: distinctRows)
        case .base(let base): return .base(base)
        case .predicted(let residual, let kind, let base):
            guard let dtype = Residual.dtype(of: original) else {
                throw BantamError(
                    .corruption, "expected no residual of \(original.rawValue), found '\(residual)'")
            }
            let array = try array(residual, shape: shape, dtype: dtype)
            return .predicted(residual: array, kind: kind, base: base)
        }
    }

    /// Values along one axis, and how many.
    private func resolve(
        values: PartTree<String>, _ shape: Shape?
    ) throws -> (PartTree<StoredArray>, Int) {
        guard shape != nil else { throw BantamError(.corruption, "expected plain or quantized values") }
        let values = try resolve(values, shape: nil)
        return (values, values.element.count)
    }

    /// Scales are plain, or codes with scales of their own, which are plain.
    private func check(_ scales: PartTree<StoredArray>) throws {
        switch scales {
        case .number: break
        case .dense(let array): try check(array.layout.dtype, among: [.float32, .float16], "scales")
        case .quantized(codes: .dense, scales: .number, _, let form) where form.isPlain: break
        case .quantized(codes: .dense, scales: .dense(let array), _, let form) where form.isPlain:
            try check(array.layout.dtype, among: [.float32], "scales of scales")
        default: throw BantamError(.corruption, "expected plain or once quantized scales, found others")
        }
    }

    private func check(_ dtype: DType, among expected: [DType], _ what: String) throws {
        guard expected.contains(dtype) else {
            throw BantamError(
                .corruption,
                "expected \(what) of \(expected.map(\.rawValue).joined(separator: " or ")), found \(dtype.rawValue)"
            )
        }
    }

    /// Whether the array of a name is coded. An array that has the name of its tensor is always plain, whatever
    /// that name ends in.
    func isCoded(_ name: String) -> Bool { name.hasSuffix(ArrayName.codedSuffix) && name != tensor }

    /// The plain array that is an earlier tensor, as the elements of this one: as many, of whatever shape.
    func array(ofTensor name: String, shape: Shape) throws -> StoredArray {
        guard let index = indices[name] else {
            throw BantamError(.corruption, "expected an array '\(name)', found none")
        }
        let item = file.header.items[index]
        let layout = ArrayLayout(
            dtype: original == .complex128 ? .complex128 : item.entry.dtype, shape: shape)
        let (dtype, plainShape) = layout.plainEntry
        guard item.entry.dtype == dtype, item.entry.shape.elementCount == plainShape.elementCount else {
            throw BantamError(
                .corruption,
                "expected \(dtype.rawValue) of \(plainShape.elementCount) elements in '\(name)', found "
                    + "\(item.entry.dtype.rawValue) \(item.entry.shape)")
        }
        return StoredArray(index: index, layout: layout, coder: nil, byteCount: item.range.count)
    }

    /// The array of a name.
    func array(_ name: String, shape: Shape?, dtype: DType? = nil) throws -> StoredArray {
        guard let index = indices[name] else {
            throw BantamError(.corruption, "expected an array '\(name)', found none")
        }
        let item = file.header.items[index]
        let entry = item.entry
        if isCoded(name) {
            guard entry.dtype == .uint8, entry.shape.rank == 1 else {
                throw BantamError(
                    .corruption,
                    "expected coded bytes in '\(name)', found \(entry.dtype.rawValue) \(entry.shape)")
            }
            let stored = try file.tensor(at: index)
            let header = try withExtendedLifetime(stored) {
                try CodedArray.checkStructure(of: stored.storage.bytes)
            }
            let count = header.rawByteCount / max(1, header.dtype.bitWidth / 8)
            let found = shape ?? [count]
            guard Tensor.byteCount(header.dtype, found) == header.rawByteCount,
                dtype == nil || dtype == header.dtype
            else {
                throw BantamError(
                    .corruption,
                    "expected \(dtype?.rawValue ?? header.dtype.rawValue) \(found) coded in '\(name)', "
                        + "found \(header.rawByteCount) bytes of \(header.dtype.rawValue)")
            }
            return StoredArray(
                index: index, layout: ArrayLayout(dtype: header.dtype, shape: found), coder: header.coder,
                byteCount: item.range.count)
        }
        let found = shape ?? entry.shape
        let layout = ArrayLayout(dtype: dtype == .complex128 ? .complex128 : entry.dtype, shape: found)
        guard found.rank == 1 || shape != nil, layout.plainEntry == (entry.dtype, entry.shape),
            dtype == nil || dtype == layout.dtype
        else {
            throw BantamError(
                .corruption,
                "expected \((dtype ?? entry.dtype).rawValue) \(shape?.description ?? "along one axis") in "
                    + "'\(name)', found \(entry.dtype.rawValue) \(entry.shape)")
        }
        return StoredArray(index: index, layout: layout, coder: nil, byteCount: item.range.count)
    }
}

extension PartTree where Leaf == StoredArray {
    /// What the elements are, packed or not, and how many arrays hold.
    fileprivate var element: (dtype: DType, count: Int) {
        switch self {
        case .packed(_, let packing): (packing.codes.dtype, packing.count)
        case .quantized(let codes, _, _, _), .palettized(let codes, _, _): codes.element
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _): values.element
        case .dense(let array): (array.layout.dtype, array.layout.shape.elementCount)
        case .lowRank(let left, _, _): left.element
        case .repeatedRows(let distinct, _, _): distinct.element
        // Refused inside another; and this is no dtype of codes.
        case .number, .trellis, .base, .predicted: (.bool, 0)
        }
    }

    fileprivate var isPalettized: Bool { if case .palettized = self { true } else { false } }
}

extension PartTree {
    fileprivate var isDense: Bool {
        switch self {
        case .dense, .packed: true
        default: false
        }
    }
}

extension QuantizedForm {
    /// Whether values are codes times scales and no more.
    fileprivate var isPlain: Bool { rotation == nil && trellis == nil }
}
