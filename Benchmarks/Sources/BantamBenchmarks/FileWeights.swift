import Bantam

// Real weights instead of made ones.

/// The elements of all float32 tensors of a file, in the order of its tensors.
func weights(inFile path: String) throws -> UnsafeMutableBufferPointer<Float> {
    let file = try TensorFiles.open(path)
    let tensors = file.entries.filter { $0.dtype == .float32 }
    let result = buffer(of: tensors.reduce(0) { $0 + $1.shape.elementCount }, filledWith: Float(0))
    var offset = 0
    for (index, entry) in file.entries.enumerated() where entry.dtype == .float32 {
        let tensor = try file.tensor(at: index)
        tensor.withElements(as: Float.self) { elements in
            _ = UnsafeMutableBufferPointer(rebasing: result[offset...]).update(fromContentsOf: elements)
            offset += elements.count
        }
    }
    return result
}

/// The rows and columns of the tensors that ``weights(inFile:)`` puts one after the other; a vector is one row.
func matrices(inFile path: String) throws -> [(rows: Int, columns: Int)] {
    try TensorFiles.open(path).entries.filter { $0.dtype == .float32 && $0.shape.elementCount > 0 }.map {
        $0.shape.matrixForm.map { (rows: $0.rows, columns: $0.columns) } ?? (1, $0.shape.elementCount)
    }
}
