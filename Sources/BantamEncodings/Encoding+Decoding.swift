import BantamTensors

// From any encoding back to the elements it stands for.

extension Encoding {
    /// The tensor this stands for, in its shape: a dense tensor as it is, in its own dtype; a sparse one in the
    /// dtype its values decode to; quantized, palettized, trellis-coded and low-rank ones as `float32`.
    ///
    /// - Complexity: O(elements), for a low-rank encoding O(m·n·rank). The result does not depend on the
    ///   number of workers.
    /// - Throws: ``BantamError`` of kind `corruption` or `compatibility` if the parts do not fit each other.
    public func decoded(workers: Workers) throws -> Tensor {
        switch self {
        case .dense(let tensor): tensor
        case .quantized(let quantized): try quantized.decoded(workers: workers)
        case .sparse(let sparse): try sparse.decoded(workers: workers)
        case .lowRank(let lowRank): try lowRank.decoded(workers: workers)
        case .palettized(let palettized): try palettized.decoded(workers: workers)
        case .trellisCoded(let coded): try coded.decoded(workers: workers)
        }
    }
}
