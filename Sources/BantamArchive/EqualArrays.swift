// Why: equal tensors, tied weights among them, need to be stored only once; what is equal is found here, the same
// way whatever order the tensors were added in.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors

/// The arrays and tensors that have names in the file already.
///
/// A coded array is shared wherever one of the same bytes, dtype and shape stands already. A plain one is shared
/// only where a whole tensor is: `fc2.scales` must not go missing under its name because it happens to equal
/// `fc1.scales`. The tables of trellis-coded tensors are shared always. What stands plain under its tensor's own name
/// may hold later tensors of the same bytes, whatever their shape, but for tiny ones: any tool finds those it knows.
struct EqualArrays {
    private let spool: SpoolFile
    private var arrays: [ArrayKey: [(array: SpooledArray, name: String)]] = [:]
    private var plain: [PlainKey: [(array: SpooledArray, name: String)]] = [:]
    private var tensors: [TensorKey: [(tree: PartTree<SpooledArray>, names: PartTree<String>)]] = [:]

    /// What equal arrays have in common; the bytes are compared where it is the same.
    private struct ArrayKey: Hashable {
        var layout: ArrayLayout
        var isCoded: Bool
        var byteCount: Int
        var checksum: Checksum

        init(_ array: SpooledArray) {
            layout = array.layout
            isCoded = array.isCoded
            byteCount = array.range.count
            checksum = array.checksum
        }
    }

    /// The same for what is a tensor by itself. Its shape is the tensor's own.
    private struct PlainKey: Hashable {
        var dtype: DType
        var elementCount: Int
        var byteCount: Int
        var checksum: Checksum

        /// `nil` for an array so small that it may as well stand under every name.
        init?(_ array: SpooledArray) {
            guard array.range.count >= 64 else { return nil }
            dtype = array.layout.dtype
            elementCount = array.layout.shape.elementCount
            byteCount = array.range.count
            checksum = array.checksum
        }
    }

    private struct TensorKey: Hashable {
        var dtype: DType
        var shape: Shape
        var checksum: Checksum
        /// What is nested in what, with granularities and ranks.
        var structure: String
        var arrays: [ArrayKey]
    }

    init(spool: SpoolFile) { self.spool = spool }

    /// The name of an array with the same bytes; `nil` if there is none yet.
    func name(of array: SpooledArray) throws -> String? {
        try arrays[ArrayKey(array)]?.first { try spool.hasEqualBytes(in: $0.array.range, array.range) }?.name
    }

    mutating func add(_ array: SpooledArray, _ name: String) {
        arrays[ArrayKey(array), default: []].append((array, name))
    }

    /// The name of an earlier tensor that stands plain and has the same bytes; `nil` if there is none.
    func name(ofPlain array: SpooledArray) throws -> String? {
        guard let key = PlainKey(array) else { return nil }
        return try plain[key]?.first { try spool.hasEqualBytes(in: $0.array.range, array.range) }?.name
    }

    /// Adds a tensor that stands plain under its own name. One that is called as coded arrays are can stand for
    /// itself only.
    mutating func add(plain array: SpooledArray, _ name: String) {
        guard let key = PlainKey(array), !name.hasSuffix(ArrayName.codedSuffix) else { return }
        plain[key, default: []].append((array, name))
    }

    /// The names of the arrays of an equal tensor; `nil` if there is none yet.
    func tree(ofTwin tensor: AddedTensor, like entry: TensorEntry) throws -> PartTree<String>? {
        guard let key = key(tensor, entry) else { return nil }
        return try tensors[key]?.first { known in
            try zip(known.tree.leaves, tensor.tree.leaves).allSatisfy {
                try spool.hasEqualBytes(in: $0.range, $1.range)
            }
        }?.names
    }

    mutating func add(_ tensor: AddedTensor, _ names: PartTree<String>, like entry: TensorEntry) {
        guard let key = key(tensor, entry) else { return }
        tensors[key, default: []].append((tensor.tree, names))
    }

    /// `nil` for tensors that are not shared as a whole.
    private func key(_ tensor: AddedTensor, _ entry: TensorEntry) -> TensorKey? {
        let leaves = tensor.tree.leaves
        if leaves.isEmpty { return nil }
        if case .dense(let array) = tensor.tree, !array.isCoded || array.stream != nil { return nil }
        return TensorKey(
            dtype: entry.dtype, shape: entry.shape, checksum: tensor.checksum,
            structure: tensor.tree.map { _, _ in "" }.json.text, arrays: leaves.map(ArrayKey.init))
    }
}

extension SpoolFile {
    /// Whether two parts of the spool hold the same bytes.
    fileprivate func hasEqualBytes(in first: Range<Int>, _ second: Range<Int>) throws -> Bool {
        guard first != second else { return true }
        guard first.count == second.count else { return false }
        var isEqual = true
        var offset = 0
        try forEachPiece(of: first) { piece in
            let start = second.lowerBound + offset
            var pieceOffset = 0
            try forEachPiece(of: start..<start + piece.count) { other in
                let mine = piece[pieceOffset..<pieceOffset + other.count]
                isEqual = isEqual && UnsafeRawBufferPointer(rebasing: mine).isEqual(to: other)
                pieceOffset += other.count
            }
            offset += piece.count
        }
        return isEqual
    }
}
