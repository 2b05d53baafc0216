import BantamTensors
import CLAPACKE

/// A = U·diag(σ)·Vᵀ with k = min(m, n) singular values.
///
/// Keeping the first r of them is the best approximation of rank r there is, with ‖A − A_r‖²_F = Σ_{j>r} σ_j².
/// Source: C. Eckart and G. Young, "The approximation of one matrix by another of lower rank", 1936.
public struct SVD: Sendable {
    /// Orthonormal columns, `[m, k]`.
    public let u: Matrix
    /// The singular values from the largest down, `[k]`.
    public let singularValues: [Float]
    /// Orthonormal rows, `[k, n]`.
    public let vTransposed: Matrix

    /// The decomposition of `a` by LAPACK's divide and conquer (`sgesdd`), after a QR factorization where one
    /// side is much longer. Relative error of the largest σ about 10⁻⁶; the same for any number of workers,
    /// last bits may differ between kinds of processors.
    ///
    /// - Complexity: O(m·n·min(m, n)).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if `a` holds NaN, `internal` if LAPACK fails,
    ///   `compatibility` if a side is too long for it.
    public init(_ a: Matrix, workers: Workers = .one) throws {
        if a.columns > a.rows {
            let svd = try SVD(a.transposed(), workers: workers)
            self.init(
                u: svd.vTransposed.transposed(), singularValues: svd.singularValues,
                vTransposed: svd.u.transposed())
        } else if a.rows >= a.columns + a.columns / 2, a.columns > 0 {
            let qr = try QR(a, workers: workers)
            let svd = try SVD(block: qr.r)
            self.init(
                u: try qr.q.multiplied(by: svd.u, workers: workers), singularValues: svd.singularValues,
                vTransposed: svd.vTransposed)
        } else {
            try self.init(block: a)
        }
    }

    /// Factors that belong together.
    init(u: Matrix, singularValues: [Float], vTransposed: Matrix) {
        self.u = u
        self.singularValues = singularValues
        self.vTransposed = vTransposed
    }

    private init(block a: Matrix) throws {
        let (m, n, k) = (a.rows, a.columns, a.columns)
        let (rows, columns) = (try LAPACKRoutine.dimension(m), try LAPACKRoutine.dimension(n))
        // LAPACK counts its work space of about 4k² + 7k in 32 bits.
        guard k <= 23_000 else {
            throw BantamError(
                .compatibility, "expected a matrix with a side up to 23000 for an exact SVD, found \(m)×\(n)")
        }
        BLASThreads.set(1)
        var singularValues = [Float](repeating: 0, count: k)
        var vTransposed = Matrix(rows: k, columns: n) { $0.update(repeating: 0) }
        let u = try Matrix(rows: m, columns: k) { u in
            vTransposed = try Matrix(rows: k, columns: n) { v in
                guard k > 0 else { return }
                var copy = a.withElements { Array($0) }
                try LAPACKRoutine.sgesdd.check(
                    LAPACKE_sgesdd(
                        LAPACK_ROW_MAJOR, 0x53 /* S: as many columns as singular values */, rows, columns,
                        &copy, columns, &singularValues, u.baseAddress, columns, v.baseAddress, columns))
            }
        }
        self.init(u: u, singularValues: singularValues, vTransposed: vTransposed)
    }
}
