import BantamTensors

/// The leading singular values and vectors of a matrix, found by multiplying it with few random vectors; what
/// is missing is measured, not assumed.
///
/// Source: N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with randomness: probabilistic
/// algorithms for constructing approximate matrix decompositions", 2011, algorithms 4.4 and 5.1.
public struct RandomizedSVD: Sendable {
    /// Random vectors beyond the rank asked for.
    public static let oversampling = 10
    /// Multiplications with A·Aᵀ that sharpen the range, each made orthonormal again.
    public static let powerIterations = 2

    /// The approximate decomposition, with rank + ``oversampling`` singular values. None of them is larger than
    /// the true one but for rounding.
    public let svd: SVD
    /// The rank asked for.
    public let rank: Int
    /// ‖A‖²_F.
    public let squaredNorm: Double
    /// ‖A − Q·Qᵀ·A‖²_F, added up over the difference itself, where Q is the range found.
    public let squaredResidual: Double
    /// ‖A − Q·Qᵀ·A‖²₂, estimated from below by block power iteration and enlarged by a fifth.
    public let squaredSpectralResidual: Double

    /// The leading `rank` singular values and vectors of `a`. Same seed, same result, for any number of workers.
    ///
    /// - Complexity: O(m·n·(rank + 10)), with about eight passes over `a`.
    /// - Throws: ``BantamError``: see ``SVD/init(_:workers:)``.
    public init(_ a: Matrix, rank: Int, seed: UInt64 = 0x42, workers: Workers = .one) throws {
        precondition(rank >= 1)
        self.rank = rank
        let width = min(rank + RandomizedSVD.oversampling, a.rows, a.columns)
        let test = Matrix.normal(rows: a.columns, columns: width, seed: seed)
        var q = try QR(a.multiplied(by: test, workers: workers), workers: workers).q
        for _ in 0..<RandomizedSVD.powerIterations {
            let back = try a.multiplied(by: q, transposingSelf: true, workers: workers)
            q = try QR(
                a.multiplied(by: QR(back, workers: workers).q, workers: workers), workers: workers
            ).q
        }
        let b = try q.multiplied(by: a, transposingSelf: true, workers: workers)
        let small = try SVD(b, workers: workers)
        svd = SVD(
            u: try q.multiplied(by: small.u, workers: workers), singularValues: small.singularValues,
            vTransposed: small.vTransposed)
        let residual = Residual(a: a, q: q, b: b)
        squaredNorm = try a.squaredNorm(workers: workers)
        squaredResidual = try residual.squaredNorm(workers)
        squaredSpectralResidual = try 1.2 * residual.squaredSpectralNorm(seed: ~seed, workers)
    }

    /// ‖A − A_r‖²_F for the approximation A_r by the first `count` singular values found: exact, by Pythagoras.
    public func squaredError(keeping count: Int) -> Double {
        svd.singularValues.dropFirst(count).reduce(squaredResidual) { $0 + Double($1) * Double($1) }
    }

    /// A number that the best error of that rank, Σ_{j>rank} σ_j², is not below.
    ///
    /// AᵀA = BᵀB + EᵀE with E = A − Q·B, so by Weyl's inequality no σ_j² exceeds what was found for it by more
    /// than ‖E‖²₂, and all of them together not by more than ‖E‖²_F.
    public var leastSquaredError: Double {
        let missed = min(squaredResidual, Double(rank) * squaredSpectralResidual)
        return max(0, squaredError(keeping: rank) - missed)
    }

    /// Whether the range found keeps what theorem 10.5 of the source promises for its expectation:
    /// ‖A − Q·Qᵀ·A‖²_F ≤ (1 + rank/(oversampling − 1))·Σ_{j>rank} σ_j².
    ///
    /// Float32 rounding of 10⁻⁶·‖A‖ is allowed for, so that a matrix of exactly that rank passes.
    public var keepsItsPromise: Bool {
        let factor = 1 + Double(rank) / Double(RandomizedSVD.oversampling - 1)
        return squaredResidual <= factor * leastSquaredError + 1e-12 * squaredNorm
    }
}

/// What a range misses, A − Q·B with B = Qᵀ·A, never held as a whole.
private struct Residual {
    let a: Matrix
    let q: Matrix
    let b: Matrix

    func squaredNorm(_ workers: Workers) throws -> Double {
        let blocks = Blocks(of: a.rows, each: 256)
        return try workers.map(blocks.count) { block in
            let range = blocks[block]
            return try (a.rows(range) - q.rows(range).multiplied(by: b)).squaredNorm()
        }.reduce(0, +)
    }

    /// The largest eigenvalue of EᵀE seen from a random block of four after three steps.
    func squaredSpectralNorm(seed: UInt64, _ workers: Workers) throws -> Double {
        let width = min(4, a.rows, a.columns)
        var block = try QR(Matrix.normal(rows: a.columns, columns: width, seed: seed), workers: workers).q
        for _ in 0..<3 {
            let image = try applied(to: block, workers)
            block = try QR(appliedTransposed(to: image, workers), workers: workers).q
        }
        let largest = try Double(SVD(applied(to: block, workers), workers: workers).singularValues[0])
        return largest * largest
    }

    private func applied(to x: Matrix, _ workers: Workers) throws -> Matrix {
        try a.multiplied(by: x, workers: workers)
            - q.multiplied(by: b.multiplied(by: x, workers: workers), workers: workers)
    }

    private func appliedTransposed(to y: Matrix, _ workers: Workers) throws -> Matrix {
        try a.multiplied(by: y, transposingSelf: true, workers: workers)
            - b.multiplied(
                by: q.multiplied(by: y, transposingSelf: true, workers: workers), transposingSelf: true,
                workers: workers)
    }
}
