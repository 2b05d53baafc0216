// Why: an evaluation shows how each tensor is held and what it takes, and inference may run on what is held.

import BantamEncodings
import BantamLoaders

/// A tensor file that knows how it holds its tensors.
public protocol StoredTensorFile: TensorFile {
    /// How the tensor of an entry is held (`quantized>csr>coded`, `dense`, `dense>coded`, `float16`) and the
    /// bytes of its stored arrays.
    func storage(at index: Int) -> (encoding: String, byteCount: Int)

    /// The tensor of an entry as it is held, its arrays decoded.
    ///
    /// - Throws: ``BantamError`` with file and tensor.
    func encoding(at index: Int) throws -> Encoding
}
