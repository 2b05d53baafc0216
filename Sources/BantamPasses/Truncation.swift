import BantamLinearAlgebra
import BantamTensors
import Foundation

/// A decomposition with the rank to cut it at: what ``Factorize`` decides before it makes factors.
struct Truncation: Sendable {
    var svd: SVD
    var rank: Int
    /// ‖A − A_r‖/‖A‖ in the Frobenius norm.
    var relativeError: Double
    /// How it was found, in words for a note.
    var method: String
    var notes: [String] = []

    /// Why the randomized way did not do.
    struct Refusal: Error {
        var message: String
    }

    /// By the whole spectrum: at `rank`, or at the least rank that stays within the error allowed.
    static func exact(
        _ matrix: Matrix, rank: Int?, allowedSquaredError: Double, _ workers: Workers
    ) throws -> Truncation {
        let svd = try SVD(matrix, workers: workers)
        let squares = svd.singularValues.map { Double($0) * Double($0) }
        // From the small end, so that small squares are not lost beside large ones.
        var tails = [Double](repeating: 0, count: squares.count + 1)
        for index in squares.indices.reversed() { tails[index] = tails[index + 1] + squares[index] }
        let total = tails[0]
        let chosen = rank ?? max(1, tails.firstIndex { $0 <= allowedSquaredError * total } ?? squares.count)
        let error = total > 0 ? (tails[min(chosen, squares.count)] / total).squareRoot() : 0
        return Truncation(svd: svd, rank: chosen, relativeError: error, method: "exact")
    }

    /// By a random range of that rank, if it keeps its promise.
    static func randomized(
        _ matrix: Matrix, rank: Int, _ workers: Workers
    ) throws -> Result<Truncation, Refusal> {
        guard isWorthTrying(rank, matrix) else { return .failure(.tooLarge(rank, matrix)) }
        let found = try RandomizedSVD(matrix, rank: rank, workers: workers)
        guard found.keepsItsPromise else {
            return .failure(
                Refusal(
                    message:
                        "the randomized one of rank \(rank) leaves \(found.relative(found.squaredResidual)) "
                        + "of the norm where the best leaves at least \(found.relative(found.leastSquaredError))"
                ))
        }
        return .success(Truncation(found, rank))
    }

    /// By random ranges of doubling rank until one stays within the error allowed, which is measured.
    static func randomized(
        _ matrix: Matrix, allowedSquaredError: Double, _ workers: Workers
    ) throws -> Result<Truncation, Refusal> {
        var rank = 8
        while isWorthTrying(rank, matrix) {
            let found = try RandomizedSVD(matrix, rank: rank, workers: workers)
            let allowed = allowedSquaredError * found.squaredNorm
            if let enough = (1...rank).first(where: { found.squaredError(keeping: $0) <= allowed }) {
                return .success(Truncation(found, enough))
            }
            rank *= 2
        }
        return .failure(.tooLarge(rank, matrix))
    }

    private init(_ found: RandomizedSVD, _ rank: Int) {
        svd = found.svd
        self.rank = rank
        let share = found.squaredNorm > 0 ? found.squaredError(keeping: rank) / found.squaredNorm : 0
        relativeError = share.squareRoot()
        method = "randomized"
    }

    private init(svd: SVD, rank: Int, relativeError: Double, method: String) {
        self.svd = svd
        self.rank = rank
        self.relativeError = relativeError
        self.method = method
    }

    /// Random ranges save work while they are thin against the matrix.
    private static func isWorthTrying(_ rank: Int, _ matrix: Matrix) -> Bool {
        rank <= min(matrix.rows, matrix.columns) / 4
    }
}

extension Truncation.Refusal {
    fileprivate static func tooLarge(_ rank: Int, _ matrix: Matrix) -> Truncation.Refusal {
        .init(
            message:
                "a rank of \(rank) is not small against \(matrix.rows)×\(matrix.columns) for a randomized one"
        )
    }
}

extension RandomizedSVD {
    fileprivate func relative(_ square: Double) -> String {
        squaredNorm > 0 ? significant((square / squaredNorm).squareRoot()) : "0"
    }
}

extension SVD {
    /// left `[m, r]` = U·√Σ and right `[r, n]` = √Σ·Vᵀ of the first `rank` singular values.
    func evenFactors(rank: Int) -> (left: Matrix, right: Matrix) {
        let roots = singularValues.prefix(rank).map { $0.squareRoot() }
        let left = u.withElements { source in
            Matrix(rows: u.rows, columns: rank) { result in
                for row in 0..<u.rows {
                    for column in 0..<rank {
                        result[row * rank + column] = source[row * u.columns + column] * roots[column]
                    }
                }
            }
        }
        let right = vTransposed.withElements { source in
            Matrix(rows: rank, columns: vTransposed.columns) { result in
                for row in 0..<rank {
                    for column in 0..<vTransposed.columns {
                        let index = row * vTransposed.columns + column
                        result[index] = source[index] * roots[row]
                    }
                }
            }
        }
        return (left, right)
    }
}

/// Four significant digits, enough for a person.
func significant(_ value: Double) -> String { String(format: "%.4g", value) }
