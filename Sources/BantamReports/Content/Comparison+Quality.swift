// What the whole report judges by: accuracy where it was measured for every recipe, else the total SQNR.

import BantamEvaluator

extension Evaluation {
    /// The accuracies before and after and the samples behind them; `nil` unless both are known.
    var accuracies: (before: Double, after: Double, samples: Int)? {
        guard let before = original.metrics, let after = compressed.metrics else { return nil }
        return (before.accuracy, after.accuracy, after.sampleCount)
    }
}

extension Comparison {
    /// Whether every recipe has an accuracy.
    var measuresAccuracy: Bool { candidates.allSatisfy { $0.evaluation.accuracies != nil } }

    /// Accuracy as a fraction, or SQNR in dB.
    func quality(at position: Int) -> Double {
        let evaluation = candidates[position].evaluation
        return measuresAccuracy
            ? evaluation.compressed.metrics?.accuracy ?? .nan : evaluation.totals.sqnr
    }

    /// The Pareto front with the original on it: a file that is no smaller than the original and no better is
    /// not on it, nor is one whose quality is no number.
    var front: [Int] {
        paretoFront.filter { position in
            let evaluation = candidates[position].evaluation
            let isSmaller = evaluation.compressed.byteCount < evaluation.original.byteCount
            let original = measuresAccuracy ? evaluation.original.metrics?.accuracy ?? .nan : .infinity
            return !quality(at: position).isNaN && (isSmaller || quality(at: position) > original)
        }
    }

    /// The best recipe of the Pareto front that beats this one; `nil` if none is as small and as good.
    func winner(over position: Int) -> Int? {
        let front = front
        guard !front.contains(position) else { return nil }
        let bytes = { candidates[$0].evaluation.compressed.byteCount }
        return front.filter { bytes($0) <= bytes(position) && quality(at: $0) >= quality(at: position) }
            .max { quality(at: $0) < quality(at: $1) }
    }
}
