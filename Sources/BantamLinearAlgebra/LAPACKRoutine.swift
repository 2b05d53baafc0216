import BantamTensors

/// The LAPACK routines in use, and what their `info` means: the one place where it becomes an error.
enum LAPACKRoutine: String {
    case sgesdd, sgeqrf, sorgqr

    /// What a positive `info` means.
    private func failure(_ info: Int32) -> String {
        switch self {
        case .sgesdd: "the singular values did not converge (\(info) superdiagonals left)"
        case .sgeqrf, .sorgqr: "unknown failure \(info)"
        }
    }

    /// Passes if `info` is zero.
    ///
    /// - Throws: ``BantamError`` that names the routine and what its `info` means: `invalidArgument` for a
    ///   matrix with NaN or a wrong argument, `internal` for no memory or no convergence.
    func check(_ info: Int32) throws {
        switch info {
        case 0: return
        case -1010: throw BantamError(.internal, "LAPACK \(rawValue): no memory for its work space")
        case -1011: throw BantamError(.internal, "LAPACK \(rawValue): no memory to transpose a matrix")
        case ..<0:
            throw BantamError(
                .invalidArgument, "LAPACK \(rawValue): argument \(-Int(info)) is invalid or contains NaN")
        default: throw BantamError(.internal, "LAPACK \(rawValue): \(failure(info))")
        }
    }

    /// A dimension as LAPACK counts.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if it is beyond 2³¹ − 1.
    static func dimension(_ length: Int) throws -> Int32 {
        guard let dimension = Int32(exactly: length) else {
            throw BantamError(.compatibility, "expected a matrix side below 2³¹ for BLAS, found \(length)")
        }
        return dimension
    }
}
