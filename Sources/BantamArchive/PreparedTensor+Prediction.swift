// Why: what a fine-tuned tensor adds to its base is often a small part of it, sometimes nothing, and sometimes no
// less than the tensor; only coding tells.

import BantamCoding
import BantamEncodings
import BantamTensors

/// What a base was good for, for one tensor.
public enum Prediction: Sendable, Hashable {
    /// The tensor is that of the base.
    case unchanged
    /// What remains beside the base's tensor is stored.
    case predicted
    /// The base has the tensor, but it takes less without.
    case notSmaller
    /// The base has no tensor of that name, dtype and shape.
    case withoutCounterpart
}

extension PreparedTensor {
    /// How the tensor is told from that of a base; `nil` if it stands alone.
    public var prediction: Prediction? {
        switch tree {
        case .base: .unchanged
        case .predicted: .predicted
        default: nil
        }
    }

    /// A tensor that the base has as well: only that is stored. `nil` if they differ anywhere.
    ///
    /// - Parameter base: of the same dtype and shape.
    /// - Complexity: O(bytes) up to the first difference.
    public init?(_ tensor: Tensor, unchangedFrom base: Tensor) {
        guard tensor.elementCount > 0, tensor.hasBytes(of: base) else { return nil }
        self.init(.dense(tensor), tree: .base(Checksum(of: tensor)))
    }

    /// Codes a tensor that differs from the base's: what remains of it or the tensor itself, whichever is smaller.
    ///
    /// Every ``Residual`` and the plain tensor are coded; of tensors over 4 MiB only samples, to tell which
    /// residual to code and whether the plain tensor could compete; it is also coded where the residual takes over
    /// half of its bytes.
    ///
    /// - Parameter base: of the same dtype and shape.
    /// - Complexity: O(bytes); two tensors' worth of memory beside the tensor and its base.
    public init(_ tensor: Tensor, predictedFrom base: Tensor, coding: Coding, workers: Workers) throws {
        guard Residual.dtype(of: tensor.dtype) != nil, tensor.elementCount > 0 else {
            self = try PreparedTensor(.dense(tensor), coding: coding, workers: workers)
            return
        }
        var kinds = Residual.allCases
        var triesPlain = true
        if tensor.byteCount > PreparedTensor.largestWhole {
            let (part, basePart) = (tensor.sample(), base.sample())
            let sizes = try kinds.map {
                try PreparedTensor(part, $0, from: basePart, coding: coding, workers: workers).dataByteCount
            }
            let least = sizes.min() ?? 0
            kinds = [kinds[sizes.firstIndex(of: least) ?? 0]]
            let plain = try PreparedTensor(.dense(part), coding: coding, workers: workers).dataByteCount
            triesPlain = plain < 2 * least
        }
        let checksum = Checksum(of: base)
        var best: PreparedTensor?
        for kind in kinds {
            let residual = try PreparedTensor(tensor, kind, from: base, coding: coding, workers: workers)
            // What does not shrink takes as much as the plain tensor.
            guard case .dense(let array) = residual.tree, array.isCoded else { continue }
            let predicted = PreparedTensor(
                .dense(tensor), tree: .predicted(residual: array, kind: kind, base: checksum))
            if predicted.byteCount < best?.byteCount ?? .max { best = predicted }
        }
        // The pieces may have been better than the rest.
        if let best, !triesPlain, 2 * best.byteCount < tensor.byteCount {
            self = best
            return
        }
        let plain = try PreparedTensor(.dense(tensor), coding: coding, workers: workers)
        self = best.flatMap { $0.byteCount < plain.byteCount ? $0 : nil } ?? plain
    }

    /// Tensors of up to so many bytes are coded in every way.
    static let largestWhole = 4 << 20

    /// The residual alone, as if it were the tensor.
    private init(
        _ tensor: Tensor, _ kind: Residual, from base: Tensor, coding: Coding, workers: Workers
    ) throws {
        let residual = try kind.taken(of: tensor, from: base, workers: workers)
        // A residual is an array of its own, whatever rows are equal.
        try self.init(whole: .dense(residual), coding: coding, workers: workers)
    }
}

extension Tensor {
    /// Whether two tensors of one dtype and shape are the same bit for bit.
    package func hasBytes(of other: Tensor) -> Bool {
        guard dtype == other.dtype, shape == other.shape else { return false }
        return withExtendedLifetime((storage, other.storage)) {
            let length = 1 << 20
            for start in stride(from: 0, to: byteCount, by: length) {
                let range = start..<min(start + length, byteCount)
                let (mine, others) = (
                    UnsafeRawBufferPointer(rebasing: storage.bytes[range]),
                    UnsafeRawBufferPointer(rebasing: other.storage.bytes[range])
                )
                guard mine.isEqual(to: others) else { return false }
                storage.letGo(of: mine)
                other.storage.letGo(of: others)
            }
            return true
        }
    }

    /// Pieces spread evenly over the tensor, 1 MiB of whole elements together; of at least 2 MiB.
    fileprivate func sample() -> Tensor {
        let (pieces, length) = (16, 64 << 10)
        let width = max(1, dtype.bitWidth / 8)
        return withExtendedLifetime(storage) {
            Tensor(
                dtype, [pieces * length / width],
                Storage(byteCount: pieces * length) { result in
                    for piece in 0..<pieces {
                        let start = (byteCount - length) / (pieces - 1) * piece / width * width
                        UnsafeMutableRawBufferPointer(rebasing: result[(piece * length)...]).copyMemory(
                            from: UnsafeRawBufferPointer(rebasing: storage.bytes[start..<start + length]))
                    }
                })
        }
    }
}
