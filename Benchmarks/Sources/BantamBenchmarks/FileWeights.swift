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
