import BantamLoaders
import BantamTensors

/// Tensors in memory that pose as an open file.
struct MemoryFile: TensorFile {
    var path = "memory"
    var format = "memory"
    var fileByteCount: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }
    var tensors: [(name: String, tensor: Tensor)]
    var metadata: [(key: String, value: String)] = []

    var entries: [TensorEntry] {
        tensors.map { TensorEntry(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape) }
    }

    func tensor(at index: Int) throws -> Tensor { tensors[index].tensor }
}
