import BantamTensors

/// How a tensor's values are held.
///
/// Encodings nest: the values of a sparse tensor or the factors of a low-rank one are encodings again, so
/// passes compose without knowing each other and an archive stores any tree of them.
public indirect enum Encoding: Sendable {
    /// The elements themselves, perhaps of a narrower float type than the original's.
    case dense(Tensor)
    /// Integer codes with scales.
    case quantized(Quantized)
    /// Positions and values of what is not zero.
    case sparse(Sparse)
    /// A product of two factors.
    case lowRank(LowRank)
    /// Indices into a short list of values.
    case palettized(Palettized)
    /// Trellis-coded indices of one step.
    case trellisCoded(TrellisCoded)

    /// The shape of the tensor this decodes to.
    public var shape: Shape {
        switch self {
        case .dense(let tensor): tensor.shape
        case .quantized(let quantized): quantized.codes.shape
        case .sparse(let sparse): sparse.shape
        case .lowRank(let lowRank): lowRank.shape
        case .palettized(let palettized): palettized.codes.shape
        case .trellisCoded(let coded): coded.shape
        }
    }

    /// The kinds from the outside in, as reports show them: `quantized>sparse`. Factors: `low-rank`.
    public var summary: String {
        switch self {
        case .dense(let tensor): tensor.dtype.rawValue
        case .quantized(let quantized):
            if quantized.trellis != nil {
                "trellis-codes"
            } else if case .dense = quantized.codes {
                "quantized"
            } else {
                "quantized>" + quantized.codes.summary
            }
        case .sparse(let sparse):
            if case .dense = sparse.values {
                sparse.positions.format
            } else {
                sparse.positions.format + ">" + sparse.values.summary
            }
        case .lowRank(let lowRank):
            if case .dense = lowRank.left { "low-rank" } else { "low-rank>" + lowRank.left.summary }
        case .palettized(let palettized):
            if case .dense = palettized.codes {
                "palettized"
            } else {
                "palettized>" + palettized.codes.summary
            }
        case .trellisCoded: "trellis"
        }
    }
}
