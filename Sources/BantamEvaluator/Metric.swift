// The figures that a requirement can bound, by the names that users and the JSON call them.

/// A figure of an evaluation.
public enum Metric: String, Sendable, CaseIterable {
    /// The fraction of samples predicted right.
    case accuracy
    /// The fraction of samples whose label is among the five largest outputs.
    case top5
    /// Mean negative log-likelihood of the labels, in nats.
    case nll
    /// The mean of the F1 of all classes.
    case macroF1 = "macro_f1"
    /// The fraction of samples for which both predict the same class.
    case agreement
    /// Original bytes over compressed bytes.
    case ratio
    /// 8 × stored bytes over original elements; `bpw` for short.
    case bitsPerWeight = "bits_per_weight"
    /// Signal to quantization noise of all tensors, in dB.
    case sqnr = "sqnr_db"
    /// ‖x − x̂‖ / ‖x‖ of all tensors.
    case relativeError = "relative_error"
    /// The largest |x − x̂|.
    case maxAbsError = "max_abs_error"
    /// The cosine between all tensors before and after.
    case cosine
    /// Root of the mean squared error of all tensors.
    case rmse
    /// Bytes of the compressed file.
    case bytes

    /// The metric called `name`; `nil` if there is none.
    public init?(name: String) { self.init(rawValue: name == "bpw" ? "bits_per_weight" : name) }

    /// All names, for messages.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// Whether it lies between 0 and 1 and may be written in per cent.
    var isFraction: Bool {
        switch self {
        case .accuracy, .top5, .macroF1, .agreement, .relativeError, .cosine: true
        default: false
        }
    }

    /// Whether it is a mean over samples: differences below 10⁻⁹ are rounding.
    var countsSamples: Bool {
        switch self {
        case .accuracy, .top5, .macroF1, .agreement: true
        default: false
        }
    }

    /// Whether the original has this figure too, so that there is a change.
    var hasOriginal: Bool {
        switch self {
        case .accuracy, .top5, .nll, .macroF1, .bytes, .bitsPerWeight: true
        default: false
        }
    }

    /// The figure of the compressed file; `nil` if it was not measured.
    func value(of evaluation: Evaluation) -> Double? {
        let totals = evaluation.totals
        return switch self {
        case .accuracy, .top5, .nll, .macroF1: prediction(evaluation.compressed.metrics)
        case .agreement: evaluation.predictions?.agreement
        case .ratio: evaluation.ratio
        case .bitsPerWeight: evaluation.bitsPerWeight
        case .sqnr: totals.sqnr
        case .relativeError: totals.relativeError
        case .maxAbsError: totals.maxAbsError
        case .cosine: totals.cosine
        case .rmse: totals.rmse
        case .bytes: Double(evaluation.compressed.byteCount)
        }
    }

    /// The figure of the original; `nil` if it was not measured or makes no sense.
    func original(of evaluation: Evaluation) -> Double? {
        switch self {
        case .accuracy, .top5, .nll, .macroF1: prediction(evaluation.original.metrics)
        case .bytes: Double(evaluation.original.byteCount)
        case .bitsPerWeight:
            8 * Double(evaluation.original.byteCount) / Double(max(evaluation.elementCount, 1))
        default: nil
        }
    }

    /// Why there is no value.
    func missing(in evaluation: Evaluation) -> String {
        self == .top5 && evaluation.compressed.metrics != nil
            ? "expected more than five classes for \(rawValue)"
            : "expected a network and data to measure \(rawValue) with, found none"
    }

    private func prediction(_ metrics: ClassificationMetrics?) -> Double? {
        switch self {
        case .accuracy: metrics?.accuracy
        case .top5: metrics?.top5Accuracy
        case .nll: metrics?.negativeLogLikelihood
        case .macroF1: metrics?.macroF1
        default: nil
        }
    }
}
