import BantamArchive
import BantamEncodings
import BantamEvaluator
import BantamLoaders
import BantamTensors

/// A tensor file that was never on disk.
class MemoryFile: TensorFile, @unchecked Sendable {
    let path: String
    let format = "memory"
    let fileByteCount: Int
    let entries: [TensorEntry]
    let metadata: [(key: String, value: String)] = []
    let tensors: [Tensor]

    init(_ path: String, bytes: Int? = nil, _ tensors: [(String, Tensor)]) {
        self.path = path
        fileByteCount = bytes ?? tensors.reduce(0) { $0 + $1.1.byteCount }
        entries = tensors.map { TensorEntry(name: $0.0, dtype: $0.1.dtype, shape: $0.1.shape) }
        self.tensors = tensors.map(\.1)
    }

    func tensor(at index: Int) throws -> Tensor { tensors[index] }
}

/// One that says how its tensors are held.
final class MemoryArchive: MemoryFile, StoredTensorFile, @unchecked Sendable {
    var encodings: [Encoding] = []
    var stored: [(encoding: String, byteCount: Int)] = []

    func storage(at index: Int) -> (encoding: String, byteCount: Int) { stored[index] }
    func encoding(at index: Int) throws -> Encoding { encodings[index] }
}
