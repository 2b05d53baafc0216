import Bantam
import BantamLinearAlgebra

// Sparse forms, and products with them beside the dense product they must beat.

extension Suite {
    mutating func addSparse(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"
        let columns = 4096
        let shape = Shape([source.count / columns, columns])
        for percent in [75, 90] {
            let dense = thinned(source, shape, zeros: percent)
            for format in Sparse.Format.allCases {
                add("dense → \(format.rawValue), \(percent) % zeros\(threads)", bytes: dense.byteCount) {
                    _ = try Sparse(dense, as: format, workers: workers)
                }
                let sparse = try Sparse(dense, as: format, workers: workers)
                add("\(format.rawValue) → dense, \(percent) % zeros\(threads)", bytes: dense.byteCount) {
                    _ = try sparse.decoded(workers: workers)
                }
            }
        }
    }

    /// The matrix of a small transformer's feed-forward layer times 64 vectors.
    mutating func addProducts(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"
        let shape: Shape = [1536, 384]
        let x = thinned(source, [384, 64], zeros: 0)
        let rowwise = x.reshaped([64, 384])
        let full = thinned(source, shape, zeros: 0)
        let dense = try Matrix(full)
        let operand = try Matrix(x)
        add("dense 1536×384 × 64\(threads)", bytes: full.byteCount) {
            _ = try dense.multiplied(by: operand, workers: workers)
        }
        for percent in [0, 25, 40, 50, 60, 75, 90, 95, 99] {
            let sparse = try Sparse(thinned(source, shape, zeros: percent), as: .csr)
            guard let matrix = try CSRMatrix(.sparse(sparse)) else { continue }
            add("CSR 1536×384 × 64, \(percent) % zeros\(threads)", bytes: full.byteCount) {
                _ = try matrix.multiplied(by: x, workers: workers)
            }
            add("64 × CSR transposed, \(percent) % zeros\(threads)", bytes: full.byteCount) {
                _ = try matrix.applied(to: rowwise, workers: workers)
            }
        }
    }

    /// The first elements of `source`, all but a share of them zero at places without a pattern.
    private func thinned(_ source: UnsafeMutableBufferPointer<Float>, _ shape: Shape, zeros percent: Int)
        -> Tensor
    {
        Tensor(.float32, shape, as: Float.self) { result in
            var state: UInt64 = 7
            for index in result.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                result[index] = Int(state >> 33) % 100 < percent ? 0 : source[index]
            }
        }
    }
}
