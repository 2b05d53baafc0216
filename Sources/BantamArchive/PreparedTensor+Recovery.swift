// Why: weights that were quantized once and written out as floats again are held by their codes, a reader being none
// the wiser; whatever is not the same bit for bit must never be.

import BantamCoding
import BantamEncodings
import BantamTensors

extension PreparedTensor {
    /// The granularity of the scales if a dense tensor is held by codes and scales that it comes back from bit for bit;
    /// `nil` if it is held in any other way.
    public var recoveredGranularity: Quantized.Granularity? {
        guard case .dense = encoding, case .quantized(_, _, _, let form) = tree else { return nil }
        return form.granularity
    }

    /// Vectors of biases and norms have fewer elements, and there is little to be saved.
    private static let leastRecovered = 512

    /// Whether it is worth a try to hold a tensor by codes and scales.
    static func mayBeRecovered(_ tensor: Tensor) -> Bool {
        tensor.elementCount >= leastRecovered && Quantized.mayBeRecovered(from: tensor)
    }

    /// A tensor by codes and scales, decoded and compared; `nil` if there are none that give it back.
    init?(recovering tensor: Tensor, coding: Coding, workers: Workers) throws {
        guard tensor.elementCount >= PreparedTensor.leastRecovered,
            let quantized = Quantized(recoveredFrom: tensor, workers: workers),
            try Reconstruction.compared(.quantized(quantized), with: tensor, workers: workers).isLossless
        else { return nil }
        let prepared = try PreparedTensor(.quantized(quantized), coding: coding, workers: workers)
        self.init(.dense(tensor), tree: prepared.tree)
    }
}
