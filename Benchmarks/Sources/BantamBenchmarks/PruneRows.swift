import Bantam

// Pruning from buffer to buffer.

extension Suite {
    mutating func addPruning(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) {
        let result = buffer(of: source.count, filledWith: Float(0))
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"
        for percent in [50, 90] {
            add("prune float32 to \(percent) % zeros\(threads)", bytes: source.count * 4) {
                try MagnitudePruning.prune(
                    UnsafeRawBufferPointer(source), of: .float32, zeros: source.count / 100 * percent,
                    into: UnsafeMutableRawBufferPointer(result), workers: workers)
            }
        }
        let sparse = buffer(of: source.count, filledWith: Float(0))
        for index in 0..<source.count where index % 10 == 0 { sparse[index] = source[index] }
        add("prune float32 with 90 % zeros to 95 %\(threads)", bytes: source.count * 4) {
            try MagnitudePruning.prune(
                UnsafeRawBufferPointer(sparse), of: .float32, zeros: source.count / 100 * 95,
                into: UnsafeMutableRawBufferPointer(result), workers: workers)
        }
    }
}
