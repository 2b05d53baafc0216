// Why: passes compare what alternatives would take once coded and stored; the winner is then stored without
// being coded again.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors

/// A tensor ready to be stored: its arrays coded, in memory.
public struct PreparedTensor: Sendable {
    /// One array as it will be stored.
    struct Array: Sendable {
        var layout: ArrayLayout
        var content: Content

        enum Content: Sendable {
            case plain(Tensor)
            case coded(CodedArray)
        }

        /// Codes packed into an array of bytes.
        static func packed(_ codes: Tensor, _ packing: Packing) -> PartTree<Array> {
            let data = packing.codes.packed(codes)
            return .packed(
                Array(layout: ArrayLayout(dtype: data.dtype, shape: data.shape), content: .plain(data)),
                packing)
        }

        var isCoded: Bool { if case .coded = content { true } else { false } }

        /// The identifier of its coder; `nil` if it is plain.
        var coder: UInt8? { if case .coded(let coded) = content { coded.coder } else { nil } }

        var byteCount: Int {
            switch content {
            case .plain(let tensor): tensor.byteCount
            case .coded(let coded): coded.byteCount
            }
        }

        /// The checksum of the raw bytes, if it is known without reading them.
        var rawChecksum: Checksum? { if case .coded(let coded) = content { coded.rawChecksum } else { nil } }

        /// Calls `body` with the stored bytes, in order, in pieces.
        func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
            switch content {
            case .plain(let tensor): try tensor.storage.forEachPiece(body)
            case .coded(let coded): for piece in coded.pieces { try piece.withUnsafeBytes(body) }
            }
        }
    }

    /// What it was made from.
    public let encoding: Encoding
    let tree: PartTree<Array>

    /// Whether it is one plain array, which stands in the file under the tensor's own name.
    public var isPlain: Bool { if case .dense(let array) = tree { !array.isCoded } else { false } }

    /// What the header of any file takes beside what it says of tensors, roughly.
    public static let fileHeaderByteCount = 160

    /// The bytes of all stored arrays.
    public var dataByteCount: Int { tree.leaves.reduce(0) { $0 + $1.byteCount } }
    /// The bytes this tensor takes in a file: its arrays and, roughly, what the header says of them: names of twelve letters.
    public var byteCount: Int {
        let leaves = tree.leaves
        return dataByteCount + 100 + 96 * leaves.count + 24 * leaves.count(where: \.isCoded)
            + (tree.base == nil ? 0 : 32) + tree.nodeHeaderByteCount
    }

    /// A tensor whose arrays are coded already.
    init(_ encoding: Encoding, tree: PartTree<Array>) {
        self.encoding = encoding
        self.tree = tree
    }

    /// Codes the arrays of `encoding`, each as `coding` thinks best; no file is needed.
    ///
    /// - Parameter dtype: that of the tensor in its file. A dense encoding of it is held by codes and scales if it comes
    ///   back from them bit for bit and takes less so; see ``recoveredGranularity``. If it is not said, it is not.
    /// - Complexity: O(bytes of the encoding).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the encoding is so small beside the tensor that
    ///   readers would take it for an attack (over 1 MiB of tensor for each byte).
    public init(_ encoding: Encoding, original dtype: DType? = nil, coding: Coding, workers: Workers) throws {
        try self.init(asItIs: encoding, coding: coding, workers: workers)
        guard case .dense(let tensor) = encoding, tensor.dtype == dtype, !coding.isNone,
            let recovered = try PreparedTensor(recovering: tensor, coding: coding, workers: workers),
            recovered.byteCount + EqualRows.leastSaved(of: dataByteCount) <= byteCount
        else { return }
        self = recovered
    }

    /// Codes the arrays of `encoding`, with equal rows once if that is smaller.
    private init(asItIs encoding: Encoding, coding: Coding, workers: Workers) throws {
        if !coding.isNone, let once = try PreparedTensor(rowsOnce: encoding, coding: coding, workers: workers)
        {
            let whole =
                once.repeatsAreNegligible
                ? nil : try PreparedTensor(whole: encoding, coding: coding, workers: workers)
            self = whole.flatMap { $0.byteCount <= once.byteCount ? $0 : nil } ?? once
        } else {
            try self.init(whole: encoding, coding: coding, workers: workers)
        }
    }

    /// The tensor with equal rows, or equal rows of its codes, stored once; `nil` if there are too few.
    private init?(rowsOnce encoding: Encoding, coding: Coding, workers: Workers) throws {
        guard let parts = PartTree<Tensor>(encoding).withRowsOnce(workers) else { return nil }
        let coded = try parts.coded(coding, workers)
        guard coded.isInProportion(to: encoding.shape) else { return nil }
        self.init(encoding, tree: coded.withNumbers())
    }

    /// The tensor with all its rows.
    init(whole encoding: Encoding, coding: Coding, workers: Workers) throws {
        // A tensor without elements has nothing to encode, and a reader need not wonder about its parts.
        let encoding =
            encoding.shape.elementCount == 0 ? .dense(try encoding.decoded(workers: workers)) : encoding
        self.encoding = encoding
        let parts = PartTree<Tensor>(encoding)
        let coded = try parts.coded(coding, workers)
        if coded.isInProportion(to: encoding.shape) {
            tree = coding.isNone ? coded : coded.withNumbers()
            return
        }
        tree = parts.map(packed: { Array.packed($0, $1) }) {
            Array(layout: ArrayLayout(dtype: $1.dtype, shape: $1.shape), content: .plain($1))
        }
        guard tree.isInProportion(to: encoding.shape) else {
            throw BantamError(
                .invalidArgument,
                "\(encoding.summary) would hold \(encoding.shape) elements in \(dataByteCount) bytes, more than "
                    + "readers accept; keep the tensor dense")
        }
    }
}

extension PreparedTensor {
    /// How many rows of the tensor are stored as the repetition of an earlier one, and how many rows there are;
    /// `nil` if none is.
    public var repeatedRows: (copies: Int, rows: Int)? {
        tree.repeats.map { repeats, distinctCount in
            let rows = repeats.layout.shape.elementCount
            return (rows - distinctCount, rows)
        }
    }

    /// Whether what says which rows are equal takes less than a 256th of the tensor. No coder makes more of
    /// fewer rows, so this is all that storing each of them once can lose, and no more than most coders gain by it: see
    /// ``EqualRows/leastSaved(of:)``.
    private var repeatsAreNegligible: Bool {
        tree.repeats.map { ($0.array.byteCount + 200) * 256 <= dataByteCount } ?? false
    }
}

extension PartTree where Leaf == Tensor {
    /// The tree with its arrays as `coding` codes them.
    fileprivate func coded(_ coding: Coding, _ workers: Workers) throws -> PartTree<PreparedTensor.Array> {
        typealias Array = PreparedTensor.Array
        let isTrellisCoded = if case .trellis = self { true } else { false }
        return try map(packed: { codes, packing in
            // Packed codes hide their statistics from coders: whichever of the two is smaller, header included.
            guard let coded = try coding.encode(codes, workers: workers),
                coded.byteCount < packing.codes.byteCount(packing.count) + Packing.headerByteCount
            else { return Array.packed(codes, packing) }
            let layout = ArrayLayout(dtype: codes.dtype, shape: codes.shape)
            return .dense(Array(layout: layout, content: .coded(coded)))
        }) { _, tensor in
            let layout = ArrayLayout(dtype: tensor.dtype, shape: tensor.shape)
            // Trellis-coded indices are coded already, and their tables are a few dense bits.
            let coded = isTrellisCoded ? nil : try coding.encode(tensor, workers: workers)
            return Array(layout: layout, content: coded.map { .coded($0) } ?? .plain(tensor))
        }
    }
}

extension PartTree where Leaf == PreparedTensor.Array {
    /// Whether readers take so few bytes for a tensor of that shape.
    fileprivate func isInProportion(to shape: Shape) -> Bool {
        if case .dense = self { return true }
        // Eight bytes an element, whatever the original dtype was, but for complex ones, whose rows alone are shared.
        let largest = shape.elementCount * (repeats == nil ? 8 : 16)
        return Proportion.allows(largest, for: leaves.reduce(0) { $0 + $1.byteCount })
    }

    /// The tree with the only scale of coded or packed codes as a number, which takes less than an array. Beside plain
    /// codes it stays one, for tools that know no more than safetensors.
    fileprivate func withNumbers() -> PartTree {
        switch self {
        case .quantized(let codes, let scales, let zeroPoints, let form):
            guard form.granularity == .tensor, codes.isOnlyForReaders, case .dense(let array) = scales,
                case .plain(let tensor) = array.content, tensor.dtype == .float32,
                let number = tensor.withElements(as: Float.self, { $0.first }), number.isFinite
            else { return self }
            return .quantized(
                codes: codes, scales: .number(number), zeroPoints: zeroPoints, form: form)
        case .csr(let values, let columnIndices, let rowPointers):
            return .csr(
                values: values.withNumbers(), columnIndices: columnIndices, rowPointers: rowPointers)
        case .bitmask(let values, let bitmask):
            return .bitmask(values: values.withNumbers(), bitmask: bitmask)
        case .relative(let values, let gaps): return .relative(values: values.withNumbers(), gaps: gaps)
        case .lowRank(let left, let right, let rank):
            return .lowRank(left: left.withNumbers(), right: right.withNumbers(), rank: rank)
        default: return self
        }
    }

    /// What the header says of nodes beside their arrays, roughly.
    fileprivate var nodeHeaderByteCount: Int {
        switch self {
        case .packed: 24 + Packing.headerByteCount
        case .quantized(let codes, let scales, _, _):
            24 + codes.nodeHeaderByteCount + scales.nodeHeaderByteCount
        case .palettized(let codes, _, _): codes.nodeHeaderByteCount
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _):
            values.nodeHeaderByteCount
        case .lowRank(let left, let right, _): 16 + left.nodeHeaderByteCount + right.nodeHeaderByteCount
        case .repeatedRows(let distinct, _, _): 32 + distinct.nodeHeaderByteCount
        case .trellis: 24
        case .dense, .number, .base, .predicted: 0
        }
    }

    /// Whether codes are coded or packed.
    private var isOnlyForReaders: Bool {
        switch self {
        case .packed, .repeatedRows: true
        case .dense(let array): array.isCoded
        case .csr(let values, _, _), .bitmask(let values, _), .relative(let values, _):
            values.isOnlyForReaders
        default: false
        }
    }
}
