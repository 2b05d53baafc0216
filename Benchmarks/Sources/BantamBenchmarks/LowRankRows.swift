import Bantam

// Low-rank passes on matrices of the sizes small transformers have.

extension Suite {
    mutating func addLowRank(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"
        let context = PassContext(workers: workers) { _ in 0 }
        for shape in [[1536, 384], [30522, 384]] as [Shape] where shape.elementCount <= source.count {
            let tensor = Tensor(.float32, shape, as: Float.self) { result in
                _ = result.update(fromContentsOf: source[..<result.count])
            }
            for (rank, method) in [(64, Factorize.Method.exact), (16, .randomized), (64, .randomized)] {
                let pass = try Factorize(.rank(rank), method: method)
                add("low-rank \(shape) rank \(rank) \(method)\(threads)", bytes: tensor.byteCount) {
                    _ = try pass.apply(to: .dense(tensor), context)
                }
            }
        }
    }
}
