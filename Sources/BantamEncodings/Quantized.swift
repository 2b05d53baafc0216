import BantamTensors

/// Codes that stand for multiples of a scale: x̂ = (code − zero point)·scale.
///
/// Source: B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
/// Inference", 2018.
public struct Quantized: Sendable {
    /// Which elements share a scale.
    public enum Granularity: Sendable, Hashable {
        /// All of them; one scale.
        case tensor
        /// Each slice of axis 0; `[axis 0]` scales.
        case channel
        /// Each run of that many elements along a row of the matrix form, the last one of a row perhaps
        /// shorter; `[rows, runs]` scales.
        case group(Int)
    }

    /// The codes in the shape of the tensor: `int8` or `int16`, held dense or sparse; or what is scaled as it is,
    /// `float8_e4m3`, `float8_e5m2` or a palette's levels.
    public var codes: Encoding
    /// The scales, `float32`: `[]`, `[axis 0]` or `[rows, runs]`.
    public var scales: Tensor
    /// How an archive holds the scales, which decodes to ``scales``; `nil`: as they are. They may be held as
    /// `float16`, or be quantized themselves.
    public var heldScales: Encoding?
    /// Bits that every integer code fits in, 2 to 16; fewer than 8 may be stored packed.
    public var codeBits: Int
    /// The machine that codes are indices of: they stand for levels, x̂ = level·scale, and may only be dense `int8`;
    /// see ``TrellisCode/levels(of:workers:)``. None means that codes are levels.
    public var trellis: TrellisCode?
    /// The rotation that the rows were given before they were quantized and that decoding undoes.
    public var rotation: HadamardRotation?
    /// The zero points, of the codes' dtype and the scales' shape; none means symmetric: all zero.
    public var zeroPoints: Tensor?
    /// Which elements share a scale.
    public var granularity: Granularity

    /// Codes with their scales, which the caller has checked to fit.
    public init(
        codes: Encoding, scales: Tensor, zeroPoints: Tensor?, granularity: Granularity,
        heldScales: Encoding? = nil, codeBits: Int = 16, rotation: HadamardRotation? = nil,
        trellis: TrellisCode? = nil
    ) {
        self.codes = codes
        self.scales = scales
        self.heldScales = heldScales
        self.codeBits = codeBits
        self.rotation = rotation
        self.trellis = trellis
        self.zeroPoints = zeroPoints
        self.granularity = granularity
    }
}

extension Quantized.Granularity {
    /// How a tensor of `shape` is cut into runs that each share one scale, in row-major order: as
    /// `rows` rows of `columns` elements cut every `length` elements.
    ///
    /// A tensor below rank 2 counts as one row for `tensor` and `group`, and one row per element for `channel`.
    /// Groups longer than a row are as long as the row.
    public func slicing(of shape: Shape) -> (rows: Int, columns: Int, length: Int) {
        let count = shape.elementCount
        switch self {
        case .tensor: return (1, count, max(count, 1))
        case .channel:
            let rows = shape.axes.first ?? 1
            let columns = rows == 0 ? 0 : count / rows
            return (rows, columns, max(columns, 1))
        case .group(let length):
            let (rows, columns) = shape.matrixForm ?? (1, count)
            return (rows, columns, max(1, min(length, columns)))
        }
    }

    /// The shape of the scales for a tensor of `shape`.
    public func scaleShape(of shape: Shape) -> Shape {
        let (rows, columns, length) = slicing(of: shape)
        switch self {
        case .tensor: return []
        case .channel: return [rows]
        case .group: return [rows, columns == 0 ? 0 : (columns - 1) / length + 1]
        }
    }
}

extension Quantized.Granularity: CustomStringConvertible {
    /// `tensor`, `channel` or `group:N`, as recipes write it.
    public var description: String {
        switch self {
        case .tensor: "tensor"
        case .channel: "channel"
        case .group(let length): "group:\(length)"
        }
    }

    /// The granularity a recipe calls `name`; `nil` if there is none.
    public init?(_ name: String) {
        switch name {
        case "tensor": self = .tensor
        case "channel": self = .channel
        default:
            guard name.hasPrefix("group:"), let length = Int(name.dropFirst(6)), length > 0 else {
                return nil
            }
            self = .group(length)
        }
    }
}
