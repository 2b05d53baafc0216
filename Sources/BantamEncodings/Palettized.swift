import BantamTensors

/// Indices into a short list of values: x̂ = codebook[code].
///
/// Source: S. Han, H. Mao and W. Dally, "Deep Compression", 2016 (there: weight sharing).
public struct Palettized: Sendable {
    /// The codes in the shape of the tensor, `uint8`, held dense or sparse.
    public var codes: Encoding
    /// The values, `float32` or `float16`, along one axis: those of the first group of rows, then of the next, as many
    /// for each.
    public var codebook: Tensor
    /// Rows of the matrix form that share values; `nil`: all of them. Below rank 2 there is one row.
    public var rowsPerGroup: Int?

    /// Codes with their values, which the caller has checked to fit.
    public init(codes: Encoding, codebook: Tensor, rowsPerGroup: Int? = nil) {
        self.codes = codes
        self.codebook = codebook
        self.rowsPerGroup = rowsPerGroup
    }

    /// The groups of rows: each has values of its own.
    public var groupCount: Int { Palettized.groupCount(of: codes.shape, rowsPerGroup) }

    /// The values of each group.
    public var valueCount: Int { groupCount == 0 ? 0 : codebook.elementCount / groupCount }

    /// The bits of a code: enough for all values of a group.
    public var codeBits: Int { max(1, Int.bitWidth - max(valueCount - 1, 1).leadingZeroBitCount) }

    static func groupCount(of shape: Shape, _ rowsPerGroup: Int?) -> Int {
        guard let rowsPerGroup, rowsPerGroup > 0, let (rows, _) = shape.matrixForm else { return 1 }
        return rows == 0 ? 1 : (rows - 1) / rowsPerGroup + 1
    }
}
