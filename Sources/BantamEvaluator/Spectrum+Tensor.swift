// Where the cut of a low-rank tensor fell among the singular values of its original.

import BantamArchive
import BantamEncodings
import BantamLinearAlgebra
import BantamTensors

extension Spectrum {
    /// The singular values of a tensor's matrix form, from LAPACK in float32: the last bits may differ between
    /// kinds of processors.
    ///
    /// - Parameters:
    ///   - tensor: numeric, of rank 2 or more.
    ///   - rank: how many of them were kept.
    /// - Complexity: O(m·n·min(m, n)).
    /// - Throws: ``BantamError`` of kind `invalidArgument` below rank 2 and for NaN, `compatibility` for dtypes
    ///   that are not computed with.
    public init(of tensor: Tensor, rank: Int, workers: Workers = .one) throws {
        let values = try SVD(Matrix(tensor), workers: workers).singularValues
        self.init(singularValues: values.map(Double.init), rank: rank)
    }

    /// The operations m·n·min(m, n) beyond which an evaluation leaves the spectrum out: a few seconds' worth.
    static let affordableOperations = 1 << 33

    /// The spectrum of `tensor` if `file` holds it as a product of two factors and it is affordable.
    static func ofLowRank(
        _ tensor: Tensor, at index: Int, of file: any StoredTensorFile, encoding: String, _ workers: Workers
    ) throws -> Spectrum? {
        // The summary says so without reading the factors; only then are they decoded, for the rank.
        guard encoding.hasPrefix("low-rank"), let (rows, columns) = tensor.shape.matrixForm,
            Double(rows) * Double(columns) * Double(min(rows, columns)) <= Double(affordableOperations),
            case .lowRank(let factors) = try file.encoding(at: index)
        else { return nil }
        return try Spectrum(of: tensor, rank: factors.rank, workers: workers)
    }
}
