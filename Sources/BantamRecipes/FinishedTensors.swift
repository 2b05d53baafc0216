// Why: tied weights come as several equal tensors, and running passes and coders over each again would only give
// the same bytes.

import BantamArchive
import BantamCoding
import BantamLoaders
import BantamTensors
import Synchronization

/// The tensors of a model that have been compressed so far, to find the equal of another one.
///
/// One that is still being compressed by another thread is not waited for: compressing its equal as well gives the
/// same bytes, which the archive stores once.
final class FinishedTensors: Sendable {
    /// A tensor that was compressed.
    struct Finished: Sendable {
        var index: Int
        var notes: [String]
        var prediction: Prediction?
        var error: SquaredError?
    }

    /// What equal tensors that are compressed alike have in common; the bytes are compared where it is the same.
    struct Key: Hashable, Sendable {
        fileprivate var dtype: DType
        fileprivate var shape: Shape
        fileprivate var rule: Int?
        fileprivate var zeros: Int?
        fileprivate var fingerprint: Checksum

        /// `nil` for a tensor so small that looking for its equal is not worth it.
        init?(_ tensor: Tensor, rule: Int?, zeros: Int?) {
            guard tensor.byteCount >= 64 << 10 else { return nil }
            (dtype, shape, self.rule, self.zeros) = (tensor.dtype, tensor.shape, rule, zeros)
            // Pieces are enough to tell tensors apart, and leave the rest of a mapped file on disk.
            let length = 4 << 10
            var streaming = StreamingChecksum()
            withExtendedLifetime(tensor) {
                for start in [0, (tensor.byteCount - length) / 2, tensor.byteCount - length] {
                    streaming.update(
                        UnsafeRawBufferPointer(rebasing: tensor.storage.bytes[start..<start + length]))
                }
            }
            fingerprint = streaming.checksum
        }
    }

    private let source: any TensorFile
    private let known = Mutex<[Key: [Finished]]>([:])

    init(of source: any TensorFile) { self.source = source }

    /// A finished tensor with the same bytes; `nil` if there is none.
    func equal(of tensor: Tensor, _ key: Key) throws -> Finished? {
        try known.withLock { $0[key] ?? [] }.first { try source.tensor(at: $0.index).hasBytes(of: tensor) }
    }

    /// The tensors of mapped files that have no equal in `source`, as far as shapes and fingerprints tell.
    ///
    /// Unlike what is finished, this does not depend on threads.
    static func unique(of source: any TensorFile) throws -> Set<Int> {
        let groups = Dictionary(grouping: source.entries.indices) {
            [source.entries[$0].dtype.rawValue, "\(source.entries[$0].shape)"]
        }
        var unique: Set<Int> = []
        for group in groups.values {
            guard group.count > 1 else {
                unique.insert(group[0])
                continue
            }
            var members: [Key: [Int]] = [:]
            for index in group {
                let tensor = try source.tensor(at: index)
                // One that has to be read or inflated is not worth doing so twice.
                guard tensor.storage.isMapped, let key = Key(tensor, rule: nil, zeros: nil) else {
                    members = [:]
                    break
                }
                members[key, default: []].append(index)
            }
            unique.formUnion(members.values.filter { $0.count == 1 }.joined())
        }
        return unique
    }

    func add(_ finished: Finished, _ key: Key) { known.withLock { $0[key, default: []].append(finished) } }
}
