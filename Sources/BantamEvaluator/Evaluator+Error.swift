import BantamLoaders
import BantamTensors

extension Evaluator {
    /// What some tensors of a file lose, all together: no histograms, no times.
    ///
    /// One pair of tensors is in memory at a time.
    ///
    /// - Parameter indices: positions in the original.
    /// - Throws: as ``evaluate(original:compressed:)``.
    public func error(
        original: any TensorFile, compressed: any TensorFile, at indices: [Int]
    ) throws -> ReconstructionError {
        let pairs = try TensorPairs(original: original, compressed: compressed)
        var sum = ReconstructionError()
        for index in indices {
            let (before, after) = try pairs.tensors(at: index)
            sum += try locating(file: compressed.path, tensor: original.entries[index].name) {
                try ReconstructionError(original: before, reconstruction: after, workers: workers)
            }
        }
        return sum
    }
}
