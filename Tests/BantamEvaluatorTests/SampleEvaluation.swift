import BantamEvaluator
import BantamTensors

/// A small evaluation with network, of which `lost` of 1000 samples were lost.
func sampleEvaluation(lost: Int = 5, hasNetwork: Bool = true) -> Evaluation {
    func metrics(_ correct: Int) -> ClassificationMetrics {
        let f1 = 2 * Double(correct) / Double(1000 + correct)
        return ClassificationMetrics(
            sampleCount: 1000, accuracy: Double(correct) / 1000, top5Accuracy: nil,
            negativeLogLikelihood: correct == 950 ? 0.25 : 0.3,
            classes: [
                .init(support: 1000, precision: 1, recall: Double(correct) / 1000, f1: f1),
                .init(support: 0, precision: 0, recall: 0, f1: 0),
            ], confusion: [[correct, 1000 - correct], [0, 0]])
    }
    var error = ReconstructionError()
    error.count = 6
    error.maxAbsError = 0.5
    error.squaredError = 1
    error.squaredOriginal = 100
    error.squaredReconstruction = 99
    error.product = 99
    var exact = ReconstructionError()
    exact.count = 2
    exact.squaredOriginal = 1
    return Evaluation(
        original: MeasuredFile(path: "a \"b\"", byteCount: 4000, metrics: hasNetwork ? metrics(950) : nil),
        compressed: MeasuredFile(path: "c", byteCount: 1000, metrics: hasNetwork ? metrics(950 - lost) : nil),
        elementCount: 1000, totals: error,
        tensors: [
            TensorEvaluation(
                name: "w", dtype: .float32, shape: [2, 3], encoding: "quantized>coded", originalByteCount: 24,
                byteCount: 6, error: error, originalSparsity: 0, sparsity: 0.5,
                histogram: PairedHistogram(range: -1...1, before: [3, 3], after: [3, 3]),
                spectrum: Spectrum(singularValues: [2, 1], rank: 1)),
            TensorEvaluation(
                name: "b", dtype: .int64, shape: [2], encoding: "kept", originalByteCount: 16, byteCount: 16,
                error: exact, originalSparsity: 0, sparsity: 0),
        ],
        predictions: hasNetwork
            ? PairedPredictions(
                sampleCount: 1000, agreeing: 990, onlyOriginalCorrect: lost, onlyCompressedCorrect: 0,
                interval: PairedPredictions.scoreInterval(won: 0, lost: lost, of: 1000)) : nil,
        timing: Timing(decompression: 0.25))
}
