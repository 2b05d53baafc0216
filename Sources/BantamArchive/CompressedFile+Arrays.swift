// Why: how far a file is from what theory allows is seen array by array: codes, scales and positions differ.

import BantamCoding
import BantamEncodings
import BantamTensors

extension CompressedFile {
    /// An array that holds a tensor, or a part of it.
    public struct HeldArray: Sendable, Hashable {
        /// What it is of the tensor: `codes`, `left.codes.values`; empty if it is the whole tensor.
        public var part: String
        /// The dtype of its elements; of packed codes the one they have in memory.
        public var dtype: DType
        /// What its elements are called: ``dtype``, or `int4` for packed codes.
        public var kind: String
        /// The shape of its elements.
        public var shape: Shape
        /// The bytes it takes in the file.
        public var byteCount: Int
        /// What users call its coder; `nil` if it stands plain.
        public var coder: String?
        /// Whether an earlier tensor is held by it too, which counts its bytes.
        public var isShared: Bool
        /// Whether its elements are what stands for the tensor's: codes, or the values of a sparse tensor.
        public var isNumbers: Bool

        fileprivate var stored: StoredLeaf
    }

    /// Where an array is in the file, and how codes are packed in it.
    fileprivate struct StoredLeaf: Sendable, Hashable {
        var index: Int
        var packing: Packing?
    }

    /// The arrays of a tensor, in the order of the file; none if it is that of the base.
    public func arrays(at index: Int) -> [HeldArray] {
        let tree = tensors[index].tree
        let own = ownedArrays(of: index)
        let numbers = tree.elements?.index
        var packings: [Int: Packing] = [:]
        _ = tree.map(packed: {
            packings[$0.index] = $1
            return .dense($0)
        }) { $1 }
        var arrays: [HeldArray] = []
        _ = tree.map { path, array in
            let packing = packings[array.index]
            let suffix = packing == nil ? "" : "." + Part.packed
            let codes = packing.flatMap { Shape(checking: [$0.count]) }
            arrays.append(
                HeldArray(
                    part: String(path.dropFirst().dropLast(suffix.count)),
                    dtype: packing?.codes.dtype ?? array.layout.dtype,
                    kind: packing?.codes.name ?? array.layout.dtype.rawValue,
                    shape: codes ?? array.layout.shape, byteCount: array.byteCount,
                    coder: array.coder.map(Coders.name), isShared: !own.contains(array.index),
                    isNumbers: array.index == numbers,
                    stored: StoredLeaf(index: array.index, packing: packing)))
        }
        return arrays
    }

    /// The elements of one of the ``arrays(at:)`` of a tensor, decoded and unpacked.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if the stored bytes are damaged.
    public func elements(of array: HeldArray, at index: Int) throws -> Tensor {
        try locating(file: path, tensor: entries[index].name) {
            guard let leaf = tensors[index].tree.leaves.first(where: { $0.index == array.stored.index })
            else { throw BantamError(.invalidArgument, "has no array '\(array.part)'") }
            let stored = try self.array(leaf, workers: workers)
            return try array.stored.packing.map { try $0.codes.unpacked(stored, count: $0.count) } ?? stored
        }
    }
}
