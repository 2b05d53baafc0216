import BantamEncodings
import BantamLinearAlgebra
import BantamTensors

/// Replaces a matrix by the product of two thin ones: its truncated singular value decomposition.
///
/// The error is the least any matrix of that rank can have, ‖A − A_r‖²_F = Σ_{j>r} σ_j² (C. Eckart and
/// G. Young, "The approximation of one matrix by another of lower rank", 1936), plus float32 rounding of about
/// 10⁻⁶·‖A‖. Found by the randomized method it is at most √(2 + r/9) times that, which is checked.
///
/// Each factor gets the square root of the singular values: left = U·√Σ, right = √Σ·Vᵀ. Quantized to 8 bits
/// with one scale a tensor this has a third less error, or better, than all on one side; with a scale a row it is
/// within a few percent of the best split.
public struct Factorize: Pass {
    /// How much to keep.
    public enum Target: Sendable {
        /// That many singular values.
        case rank(Int)
        /// The fewest singular values with Σ kept σ² / Σσ² of at least that much.
        case energy(Double)
        /// The fewest singular values with ‖A − A_r‖/‖A‖ (Frobenius) of at most that much.
        case error(Double)
        /// The largest rank r ≥ 1 with r(m + n)/(mn), the elements after over those before, at most that much.
        case ratio(Double)
    }

    /// How to find the singular values.
    public enum Method: String, Sendable {
        /// `randomized` for a rank below a sixth of a matrix with both sides of 256 or more, else `exact`.
        case auto
        /// LAPACK's decomposition of the whole matrix.
        case exact
        /// A randomized range finder; `exact` if it misses what it promises or cannot save work.
        case randomized
    }

    /// What recipes call it.
    public var name: String { "low-rank" }
    private let target: Target
    private let method: Method

    /// A pass that keeps `target`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a rank below 1, an energy or ratio outside (0, 1],
    ///   an error outside [0, 1).
    public init(_ target: Target, method: Method = .auto) throws {
        switch target {
        case .rank(let rank):
            guard rank >= 1 else { throw Factorize.invalid("a rank of 1 or more", rank) }
        case .energy(let energy):
            guard energy > 0, energy <= 1 else { throw Factorize.invalid("an energy in (0, 1]", energy) }
        case .error(let error):
            guard error >= 0, error < 1 else { throw Factorize.invalid("an error in [0, 1)", error) }
        case .ratio(let ratio):
            guard ratio > 0, ratio <= 1 else { throw Factorize.invalid("a low-rank ratio in (0, 1]", ratio) }
        }
        self.target = target
        self.method = method
    }

    private static func invalid(_ expected: String, _ found: some CustomStringConvertible) -> BantamError {
        BantamError(.invalidArgument, "low-rank: expected \(expected), found \(found)")
    }

    /// The two factors, or the tensor as it was if they would have as many elements; the notes say which.
    ///
    /// - Complexity: O(m·n·min(m, n)) exact, O(m·n·r) randomized.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything but plain real floats of rank 2 or more,
    ///   `corruption` for NaN and infinity.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        guard case .dense(let tensor) = encoding, tensor.dtype.isRealFloat else {
            throw Factorize.invalid("plain floating-point values", encoding.summary)
        }
        guard let (rows, columns) = tensor.shape.matrixForm else {
            throw Factorize.invalid("a tensor of rank 2 or more", "shape \(tensor.shape)")
        }
        guard tensor.elementCount > 0 else {
            return PassResult(encoding, notes: ["low-rank: kept as it is, it has no elements"])
        }
        let matrix = try Matrix(tensor)
        let strange = matrix.withElements { $0.count { !$0.isFinite } }
        guard strange == 0 else {
            throw BantamError(
                .corruption, "low-rank: expected finite values, found \(strange) NaN or infinite ones")
        }
        if let rank = fixedRank(rows, columns), let kept = tooLarge(rank, rows, columns) {
            return PassResult(encoding, notes: [kept])
        }
        let chosen = try truncation(of: matrix, context.workers)
        if let kept = tooLarge(chosen.rank, rows, columns) {
            return PassResult(encoding, notes: chosen.notes + [kept])
        }
        let (left, right) = chosen.svd.evenFactors(rank: chosen.rank)
        // Squares and sums of the largest floats overflow on the way, and LAPACK does not say so.
        guard chosen.relativeError.isFinite, left.isFinite, right.isFinite else {
            return PassResult(
                encoding, notes: chosen.notes + ["low-rank: kept as it is, its values overflow float32"])
        }
        let share = Double(chosen.rank * (rows + columns)) / Double(rows * columns)
        let note =
            "low-rank: rank \(chosen.rank) of \(min(rows, columns)) (\(chosen.method)), relative error "
            + "\(significant(chosen.relativeError)), energy \(significant(1 - chosen.relativeError * chosen.relativeError)), "
            + "low-rank ratio \(significant(share))"
        return PassResult(
            .lowRank(LowRank(shape: tensor.shape, left: .dense(left.tensor), right: .dense(right.tensor))),
            notes: chosen.notes + [note])
    }

    /// The rank, if the target gives it without a look at the values.
    func fixedRank(_ rows: Int, _ columns: Int) -> Int? {
        switch target {
        case .rank(let rank): rank
        case .ratio(let ratio):
            max(1, Int(ratio * Double(rows) * Double(columns) / (Double(rows) + Double(columns))))
        case .energy, .error: nil
        }
    }

    /// Why the factors are not worth it; `nil` if they are.
    private func tooLarge(_ rank: Int, _ rows: Int, _ columns: Int) -> String? {
        let smaller = min(rows, columns)
        if rank >= smaller {
            return "low-rank: kept as it is, rank \(rank) is not below the full rank \(smaller) of "
                + "\(rows)×\(columns)"
        }
        let (factors, overflow) = rank.multipliedReportingOverflow(by: rows + columns)
        guard overflow || factors >= rows * columns else { return nil }
        return "low-rank: kept as it is, factors of rank \(rank) have \(factors) elements and the "
            + "\(rows)×\(columns) matrix has \(rows * columns)"
    }

    private func truncation(of matrix: Matrix, _ workers: Workers) throws -> Truncation {
        let rank = fixedRank(matrix.rows, matrix.columns)
        let smaller = min(matrix.rows, matrix.columns)
        let randomized =
            switch method {
            case .exact: false
            case .randomized: true
            case .auto: smaller >= 256 && rank.map { $0 < smaller / 6 } ?? false
            }
        var notes: [String] = []
        if randomized {
            let attempt =
                if let rank {
                    try Truncation.randomized(matrix, rank: rank, workers)
                } else {
                    try Truncation.randomized(matrix, allowedSquaredError: allowedSquaredError, workers)
                }
            switch attempt {
            case .success(let truncation): return truncation
            case .failure(let reason): notes = ["low-rank: exact decomposition instead, \(reason.message)"]
            }
        }
        var exact = try Truncation.exact(
            matrix, rank: rank, allowedSquaredError: allowedSquaredError, workers)
        exact.notes = notes
        return exact
    }

    /// The allowed ‖A − A_r‖²/‖A‖².
    private var allowedSquaredError: Double {
        switch target {
        case .energy(let energy): 1 - energy
        case .error(let error): error * error
        case .rank, .ratio: 0
        }
    }
}

extension Matrix {
    fileprivate var isFinite: Bool { withElements { $0.allSatisfy(\.isFinite) } }
}
