import BantamTensors

/// The rows of a matrix of which some are equal: every distinct one once, and which row is which.
///
/// Token embeddings have such rows where a vocabulary is padded or tokens are unused or tied. Rows are those of the
/// matrix form, and equal if their bytes are.
public struct RepeatedRows: Sendable {
    /// The rows that occur first, in their order: `[distinct rows, columns]`.
    public let distinct: Tensor
    /// For every row of the matrix 0 if it is the next of ``distinct``, else 1 + the position there of the one it
    /// repeats, which stands above it: unsigned integers `[rows]`.
    public let repeats: Tensor

    /// Parts that nobody has looked at yet; ``decoded(shape:workers:)`` checks them.
    public init(distinct: Tensor, repeats: Tensor) {
        self.distinct = distinct
        self.repeats = repeats
    }

    /// Rows are copied by so many bytes in one piece of work.
    static let pieceByteCount = 1 << 20
}
