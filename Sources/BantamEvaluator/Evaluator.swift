import BantamArchive
import BantamLoaders
import BantamTensors
import CBantamKernels

/// Sets a compressed file beside its original and measures what the compression cost.
///
/// ```swift
/// let evaluation = try Evaluator().evaluate(original: before, compressed: after)
/// print(evaluation.ratio, evaluation.totals.sqnr)
/// ```
///
/// Any two files with the same tensor names and shapes will do, whatever their formats and dtypes; that is how
/// the output of another tool is judged too. All figures but the times are the same bits for any number of
/// threads.
public struct Evaluator: Sendable {
    /// Threads to work with.
    public var workers: Workers
    /// Bins of the histograms, 1 to 65536.
    public var histogramBins: Int
    /// Whether decompression is timed, which decodes every tensor once more.
    public var measuresTime: Bool
    /// Called with the original bytes of each tensor that has been compared, from any thread.
    public var progress: @Sendable (Int) -> Void = { _ in }

    /// An evaluator.
    public init(workers: Workers = Workers(), histogramBins: Int = 64, measuresTime: Bool = true) {
        self.workers = workers
        self.histogramBins = histogramBins
        self.measuresTime = measuresTime
    }

    /// Compares two files tensor by tensor.
    ///
    /// A pair of tensors per thread is in memory at a time. The totals are those of all floating-point
    /// tensors, and of others only where they changed: an untouched table of positions would pass for
    /// signal.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that lists the tensors that are missing, are too many
    ///   or have another shape; whatever reading the files throws.
    public func evaluate(original: any TensorFile, compressed: any TensorFile) throws -> Evaluation {
        let pairs = try TensorPairs(original: original, compressed: compressed)
        let count = original.entries.count
        // Tensors side by side, but the threads inside a tensor where there are too few of them.
        let inner = count < workers.count ? workers : .one
        let tensors = try workers.map(count) { try measure(pairs, $0, inner) }
        var totals = ReconstructionError()
        for tensor in tensors where tensor.dtype.isRealFloat || !tensor.error.isExact {
            totals += tensor.error
        }
        return Evaluation(
            original: MeasuredFile(path: original.path, byteCount: original.fileByteCount),
            compressed: MeasuredFile(path: compressed.path, byteCount: compressed.fileByteCount),
            elementCount: original.entries.reduce(0) { $0 + $1.shape.elementCount }, totals: totals,
            tensors: tensors, predictions: nil,
            timing: Timing(decompression: measuresTime ? try decompressionSeconds(compressed) : nil))
    }

    private func measure(_ pairs: TensorPairs, _ index: Int, _ workers: Workers) throws -> TensorEvaluation {
        let entry = pairs.original.entries[index]
        let position = pairs.positions[index]
        let (before, after) = try pairs.tensors(at: index)
        defer { progress(entry.byteCount) }
        return try locating(file: pairs.compressed.path, tensor: entry.name) {
            let values = try ValueComparison(original: before, reconstruction: after, workers: workers)
            let count = Double(max(entry.shape.elementCount, 1))
            let archive = pairs.compressed as? any StoredTensorFile
            let stored =
                archive?.storage(at: position)
                ?? (encoding: after.dtype.rawValue, byteCount: after.byteCount)
            return TensorEvaluation(
                name: entry.name, dtype: entry.dtype, shape: entry.shape, encoding: stored.encoding,
                originalByteCount: before.byteCount, byteCount: stored.byteCount, error: values.error,
                originalSparsity: Double(values.originalZeros) / count,
                sparsity: Double(values.reconstructionZeros) / count,
                nonFiniteCount: after.dtype.isRealFloat ? try after.nonFiniteCount() : 0,
                histogram: before.dtype.isRealFloat && after.dtype.isNumeric
                    ? try PairedHistogram(
                        original: before, reconstruction: after, low: values.low, high: values.high,
                        bins: histogramBins, workers: workers) : nil,
                spectrum: try archive.flatMap {
                    try Spectrum.ofLowRank(before, at: position, of: $0, encoding: stored.encoding, workers)
                })
        }
    }

    /// The median of up to three times of decoding every tensor of a compressed file, one after another;
    /// `nil` for plain files, where there is nothing to decode.
    private func decompressionSeconds(_ file: any TensorFile) throws -> Double? {
        guard file is any StoredTensorFile else { return nil }
        return try Stopwatch.medians(runs: 3, within: 1) { _ in
            for index in file.entries.indices { _ = try file.tensor(at: index) }
        }[0]
    }
}

extension Tensor {
    /// NaN and infinite elements of a tensor of floats.
    fileprivate func nonFiniteCount() throws -> Int {
        try float32().withElements(as: Float.self) { bantam_count_non_finite($0.baseAddress, $0.count) }
    }
}
