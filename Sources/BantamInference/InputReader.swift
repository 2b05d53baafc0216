import BantamTensors

/// How samples get from the data into the first layer.
struct InputReader: Sendable {
    /// The shape of one sample behind the reader.
    var output: Shape
    /// Throws if inputs of this dtype cannot be read.
    var check: @Sendable (DType) throws -> Void
    /// The samples of a range, in memory of the workspace.
    var read: @Sendable (Tensor, Range<Int>, Workspace) throws -> Activations

    /// Numbers as they are, converted to float32 batch by batch.
    static func values(of shape: Shape) -> InputReader {
        InputReader(output: shape) { dtype in
            guard dtype.isNumeric else {
                throw BantamError(
                    .compatibility, tensor: "inputs", "expected numbers, found \(dtype.rawValue)")
            }
        } read: { inputs, samples, workspace in
            let result = workspace.take(samples.count * shape.elementCount)
            try inputs.samples(samples).float32().withElements(as: Float.self) {
                _ = result.update(fromContentsOf: $0)
            }
            return Activations(values: result, samples: samples.count)
        }
    }
}

extension Tensor {
    /// A copy of some slices of axis 0.
    func samples(_ range: Range<Int>) -> Tensor {
        let width = byteCount / max(shape.axes[0], 1)
        let shape = Shape([range.count] + shape.axes.dropFirst())
        return Tensor(
            dtype, shape,
            Storage(byteCount: range.count * width) {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: storage.bytes[range.lowerBound * width..<range.upperBound * width]))
            })
    }
}
