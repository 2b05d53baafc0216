import BantamTensors

/// A tensor as trellis-coded indices of one uniform step: x̂ = sgn(k)·(|level| + centroid)·step + column mean.
///
/// The indices were chosen for little rate and little distortion together and are coded by rANS with a table for
/// each class of elements, which the scales of row and column decide. docs/rate-distortion.md specifies the bytes.
/// Sources: M. W. Marcellin and T. R. Fischer, "Trellis coded quantization", 1990; J. Duda, "Asymmetric numeral
/// systems", 2013.
public struct TrellisCoded: Sendable {
    /// The shape of the tensor.
    public var shape: Shape
    /// Step, classes, means and coded indices: `uint8`, one axis.
    public var indices: Tensor
    /// The tables the indices are coded with, perhaps the same for many tensors: `uint8`, one axis.
    public var tables: Tensor

    /// Parts that belong together. They are checked when they are decoded.
    public init(shape: Shape, indices: Tensor, tables: Tensor) {
        self.shape = shape
        self.indices = indices
        self.tables = tables
    }

    /// Parts from a file that may lie.
    ///
    /// - Complexity: O(rows + columns + blocks); the indices themselves are not decoded.
    /// - Throws: ``BantamError`` of kind `corruption` or `compatibility` that says what was expected and found.
    public init(validating shape: Shape, indices: Tensor, tables: Tensor) throws {
        self.init(shape: shape, indices: indices, tables: tables)
        _ = try layout()
    }

    /// Rows and columns as classes and means see them; below rank 2 one row.
    package static func matrixForm(of shape: Shape) -> (rows: Int, columns: Int) {
        shape.matrixForm ?? (1, shape.elementCount)
    }

    /// The machine that the indices go through.
    public var code: TrellisCode {
        get throws { try layout().header.code }
    }

    /// The step: levels are multiples of it.
    public var step: Float {
        get throws { try layout().header.step }
    }
}
