// Why: writer, reader and verification must mean the same by "what this encoding gives back".

import BantamCoding
import BantamEncodings
import BantamTensors
import Glibc
import Glibc

/// An encoding decoded to the original dtype, with the checksum that the archive keeps of it.
struct Reconstruction {
    var tensor: Tensor
    var checksum: Checksum

    /// Decodes `encoding`.
    ///
    /// The checksum is that of the tensor's bytes, except for a product of factors: the last bits of a product
    /// depend on the processor's kernels, so there it is that of the decoded factors, left before right.
    init(of encoding: Encoding, as dtype: DType, workers: Workers) throws {
        guard case .lowRank(let lowRank) = encoding else {
            tensor = try encoding.decoded(workers: workers).converted(to: dtype)
            checksum = Checksum(of: tensor)
            return
        }
        var product = lowRank
        var streaming = StreamingChecksum()
        for path in [\LowRank.left, \LowRank.right] {
            let factor = try lowRank[keyPath: path].decoded(workers: workers)
            withExtendedLifetime(factor) { streaming.update(factor.storage.bytes) }
            product[keyPath: path] = .dense(factor)
        }
        checksum = streaming.checksum
        tensor = try product.decoded(workers: workers).converted(to: dtype)
    }
}

extension Tensor {
    /// The tensor as `dtype`: itself, or its `float32` values rounded.
    func converted(to dtype: DType) throws -> Tensor {
        self.dtype == dtype ? self : try float32().float32(roundedTo: dtype)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether another buffer has the same bytes.
    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let first = baseAddress, let second = other.baseAddress else { return true }
        return memcmp(first, second, count) == 0
    }
}
