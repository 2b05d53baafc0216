import BantamTensors

/// The values of a tensor that are not zero, and where they stand.
public struct Sparse: Sendable {
    /// Where the values stand, in row-major order of the matrix form.
    public enum Positions: Sendable {
        /// Compressed sparse rows. Row pointers `[rows + 1]` and column indices `[values]`, each of the
        /// smallest unsigned type that fits.
        case csr(rowPointers: Tensor, columnIndices: Tensor)
        /// One bit an element, least significant bit of a byte first: `uint8`, `[⌈elements/8⌉]`.
        case bitmask(Tensor)
        /// The number of zeros before each value, counted through the whole tensor: `uint8`. 255 means 255
        /// zeros with no value after them. Source: S. Han, H. Mao and W. Dally, "Deep Compression", 2016
        /// (there an overlong gap is bridged by a stored zero).
        case relative(Tensor)

        /// The name recipes use: `csr`, `bitmask` or `relative`.
        public var format: String {
            switch self {
            case .csr: "csr"
            case .bitmask: "bitmask"
            case .relative: "relative"
            }
        }
    }

    /// The shape of the whole tensor; its matrix form is what rows and columns refer to.
    public var shape: Shape
    /// Where the values stand.
    public var positions: Positions
    /// The values in order of position, `[values]`.
    public var values: Encoding

    /// Values at positions, which the caller has checked to fit.
    public init(shape: Shape, positions: Positions, values: Encoding) {
        self.shape = shape
        self.positions = positions
        self.values = values
    }
}
