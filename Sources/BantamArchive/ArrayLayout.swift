// Why: an array's dtype and shape, and how safetensors holds it, decided in one place for writer and reader.

import BantamLoaders
import BantamTensors

/// What an array of an archive is.
struct ArrayLayout: Sendable, Hashable {
    var dtype: DType
    var shape: Shape

    /// The bytes of the raw array.
    var byteCount: Int { Tensor.byteCount(dtype, shape) ?? 0 }

    /// dtype and shape in the header of an array that is stored plain. safetensors has no complex128: its
    /// elements stand as sixteen bytes along a last axis.
    var plainEntry: (dtype: DType, shape: Shape) {
        guard dtype == .complex128, let shape = Shape(checking: shape.axes + [16]) else {
            return (dtype, shape)
        }
        return (.uint8, shape)
    }
}

/// How an array's name says what its bytes are.
enum ArrayName {
    /// What the name of a coded array ends in. A plain array may only if it has the name of its tensor.
    static let codedSuffix = ".coded"
}

/// How much a few stored bytes may stand for.
enum Proportion {
    /// The most bytes of a tensor for each byte of its file. A reader refuses a tensor that claims more, a
    /// writer does not write one; it is reached only by tensors that are zero nearly everywhere.
    static let limit = 1 << 20

    /// Whether so many stored bytes may stand for a tensor of `byteCount` bytes.
    static func allows(_ byteCount: Int, for storedByteCount: Int) -> Bool {
        byteCount / limit <= storedByteCount
    }
}
