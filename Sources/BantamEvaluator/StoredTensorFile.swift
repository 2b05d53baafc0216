// What a compressed file says beyond the tensors it decodes to.

import BantamEncodings
import BantamLoaders

/// A file whose tensors are held in other ways than plainly, and which can say how.
public protocol StoredTensorFile: TensorFile {
    /// How a tensor is held, from the outside in (`quantized>csr>coded`, `kept`), and the bytes of all its
    /// stored parts.
    ///
    /// - Parameter index: a position in ``entries``.
    func storage(at index: Int) -> (encoding: String, byteCount: Int)

    /// A tensor as it is held, for inference without decoding it.
    ///
    /// - Parameter index: a position in ``entries``.
    /// - Throws: ``BantamError`` with file and tensor.
    func encoding(at index: Int) throws -> Encoding
}
