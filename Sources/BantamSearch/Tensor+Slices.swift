import BantamTensors

extension Tensor {
    /// Some slices of axis 0, in the order of `positions`.
    func slices(_ positions: [Int]) -> Tensor {
        let width = byteCount / max(shape.axes[0], 1)
        return Tensor(
            dtype, Shape([positions.count] + shape.axes.dropFirst()),
            Storage(byteCount: positions.count * width) { result in
                for (index, position) in positions.enumerated() {
                    UnsafeMutableRawBufferPointer(rebasing: result[index * width..<(index + 1) * width])
                        .copyMemory(
                            from: UnsafeRawBufferPointer(
                                rebasing: storage.bytes[position * width..<(position + 1) * width]))
                }
            })
    }
}
