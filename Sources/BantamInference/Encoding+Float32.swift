import BantamEncodings
import BantamTensors

extension Encoding {
    /// The decoded elements as float32.
    func float32(_ workers: Workers) throws -> Tensor {
        guard case .dense(let t) = self else { fatalError() }
        return try t.float32()
    }
}
