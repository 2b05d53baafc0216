import BantamLinearAlgebra
import BantamTensors

/// From the factors back to a dense tensor, and their use without that.
extension LowRank {
    /// The product of the factors as `float32`, in the shape of the tensor.
    ///
    /// - Complexity: O(m·n·r). The result does not depend on the number of workers; its last bits may depend
    ///   on the kind of processor, as OpenBLAS chooses its kernels by it.
    /// - Throws: ``BantamError`` if a factor does not decode, or the tensor is larger than the machine's memory.
    public func decoded(workers: Workers) throws -> Tensor {
        try MemoryLimit.check(shape.elementCount, elementsOf: 4)
        let left = try Matrix(left.decoded(workers: workers))
        let right = try Matrix(right.decoded(workers: workers))
        return try left.multiplied(by: right, workers: workers).tensor.reshaped(shape)
    }
}
