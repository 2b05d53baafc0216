import BantamTensors

/// A matrix held as the product of two thin factors: T ≈ left·right.
public struct LowRank: Sendable {
    /// The shape of the tensor; its matrix form `[m, n]` is what the factors multiply to.
    public var shape: Shape
    /// `[m, r]`.
    public var left: Encoding
    /// `[r, n]`.
    public var right: Encoding

    /// Factors, which the caller has checked to fit.
    public init(shape: Shape, left: Encoding, right: Encoding) {
        self.shape = shape
        self.left = left
        self.right = right
    }

    /// The number of columns of `left`.
    public var rank: Int { left.shape.axes[1] }
}
