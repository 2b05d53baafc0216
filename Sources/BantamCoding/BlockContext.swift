// Why: a tensor's shape is context that coders of bytes cannot see, and weights in a row are alike.

import BantamTensors

/// What is known of a block besides its bytes. Encoder and decoder must be given the same.
public struct BlockContext: Sendable {
    /// What the bytes are.
    public var dtype: DType
    /// The elements in a row of the array's matrix form, 0 if unknown.
    public var columns: Int
    /// The index in the array of the block's first element.
    public var firstElement: Int

    /// A block of an array of `dtype`.
    public init(_ dtype: DType, columns: Int = 0, firstElement: Int = 0) {
        self.dtype = dtype
        self.columns = columns
        self.firstElement = firstElement
    }

    /// A block that begins `byteOffset` bytes into its array.
    init(_ dtype: DType, columns: Int, byteOffset: Int) {
        self.init(dtype, columns: columns, firstElement: byteOffset / max(1, dtype.bitWidth / 8))
    }
}
