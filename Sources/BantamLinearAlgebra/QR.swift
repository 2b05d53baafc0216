import BantamTensors
import CLAPACKE

/// A = Q·R with orthonormal columns in Q `[m, n]` and R `[n, n]` upper triangular, for m ≥ n.
///
/// Tall matrices are cut into blocks of rows that are factored side by side; the R of the blocks are stacked
/// and factored again. Source: J. Demmel et al., "Communication-optimal parallel and sequential QR and LU
/// factorizations", 2012 (TSQR).
public struct QR: Sendable {
    /// Orthonormal columns, `[m, n]`.
    public let q: Matrix
    /// Upper triangular, `[n, n]`.
    public let r: Matrix

    /// The factors of `a`, which has at least as many rows as columns. The same for any number of workers.
    ///
    /// - Complexity: O(m·n²).
    /// - Throws: ``BantamError``: see ``SVD/init(_:workers:)``.
    public init(_ a: Matrix, workers: Workers = .one) throws {
        precondition(a.rows >= a.columns, "QR of a wide matrix")
        let blocks = Blocks(of: a.rows, each: max(2048, 4 * a.columns))
        guard blocks.count > 1 else {
            self = try QR(block: a)
            return
        }
        let n = a.columns
        let parts = try workers.map(blocks.count) { block in
            try QR(block: a.rows(blocks[block]))
        }
        let stacked = Matrix(rows: blocks.count * n, columns: n) { result in
            for (block, part) in parts.enumerated() {
                part.r.withElements {
                    _ = result[(block * n * n)..<((block + 1) * n * n)].update(fromContentsOf: $0)
                }
            }
        }
        let top = try QR(block: stacked)
        r = top.r
        q = try Matrix(rows: a.rows, columns: n) { result in
            nonisolated(unsafe) let result = result
            try workers.forEach(blocks.count) { block in
                let factor = top.q.rows(block * n..<(block + 1) * n)
                try parts[block].q.multiplied(by: factor).withElements {
                    let start = blocks[block].lowerBound * n
                    _ = result[start..<start + $0.count].update(fromContentsOf: $0)
                }
            }
        }
    }

    /// One block by Householder reflections: `sgeqrf`, `sorgqr`.
    private init(block a: Matrix) throws {
        let (m, n) = (a.rows, a.columns)
        let (rows, columns) = (try LAPACKRoutine.dimension(m), try LAPACKRoutine.dimension(n))
        BLASThreads.set(1)
        var r = Matrix(rows: 0, columns: 0, [])
        q = try Matrix(rows: m, columns: n) { work in
            a.withElements { _ = work.update(fromContentsOf: $0) }
            guard n > 0 else { return }
            var reflectors = [Float](repeating: 0, count: n)
            try LAPACKRoutine.sgeqrf.check(
                LAPACKE_sgeqrf(LAPACK_ROW_MAJOR, rows, columns, work.baseAddress, columns, &reflectors))
            r = Matrix(rows: n, columns: n) { result in
                for row in 0..<n {
                    for column in 0..<n {
                        result[row * n + column] = column < row ? 0 : work[row * n + column]
                    }
                }
            }
            try LAPACKRoutine.sorgqr.check(
                LAPACKE_sorgqr(
                    LAPACK_ROW_MAJOR, rows, columns, columns, work.baseAddress, columns, reflectors))
        }
        self.r = r
    }
}
