import Bantam
import FuzzHarness

/// A network, bound to weights that have the shapes their names say, and run on one sample if it is small.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let path = Harness.file("network.yaml", UnsafeRawBufferPointer(start: start, count: count))
    return Harness.check(naming: path) {
        let network = try Network(contentsOf: path)
        for execution in Model.Execution.allCases {
            let model = try network.bound(to: weights, execution: execution, workers: .one)
            // The default batch says how much memory a sample takes; large ones only take time here.
            guard model.defaultBatch >= 16 else { continue }
            let shape = Shape([1] + network.inputShape.axes)
            let inputs = Tensor(.int32, shape, [Int32](repeating: 0, count: shape.elementCount))
            Harness.touch(try model.run(inputs: inputs, batch: 1, workers: .one))
        }
    }
}

/// `w300x64` is a dense matrix of that shape, `s300x64` a sparse one; what reads otherwise is not there.
private func weights(_ name: String) throws -> Encoding? {
    let lengths = name.dropFirst().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard let kind = name.first, "ws".contains(kind), !lengths.contains(nil),
        let shape = Shape(checking: lengths.compactMap { $0 }), shape.elementCount <= 1 << 14
    else { return nil }
    let values = (0..<shape.elementCount).map { Float($0 % 3) - 1 }
    let tensor = Encoding.dense(Tensor(.float32, shape, values))
    guard kind == "s", shape.rank >= 2, shape.elementCount > 0 else { return tensor }
    return try Sparsify(.csr).apply(to: tensor, PassContext(workers: .one) { _ in 0 }).encoding
}
