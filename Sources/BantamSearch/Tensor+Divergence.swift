// Why: how far the probabilities of classes move says more of predictions that will change than how far outputs do: a
// sample that is all but certain may move a lot and nothing happens.

import BantamEvaluator
import BantamTensors
import Glibc

extension Tensor {
    /// Σ over rows of the Kullback–Leibler divergence Σ p·log(p/q), in nats, of what `other` says of the classes (p) to
    /// what this says (q).
    ///
    /// Source: S. Kullback and R. Leibler, "On Information and Sufficiency", 1951.
    ///
    /// - Parameter kind: what both hold, `[rows, classes]`.
    func divergence(from other: Tensor, _ kind: ClassificationMetrics.OutputKind) throws -> Double {
        let columns = max(shape.axes.last ?? 1, 1)
        return try float32().withElements(as: Float.self) { mine in
            try other.float32().withElements(as: Float.self) { theirs in
                var total = 0.0
                for start in stride(from: 0, to: min(mine.count, theirs.count), by: columns) {
                    let p = UnsafeBufferPointer(rebasing: theirs[start..<start + columns]).logarithms(kind)
                    let q = UnsafeBufferPointer(rebasing: mine[start..<start + columns]).logarithms(kind)
                    for (p, q) in zip(p, q) where p > -.infinity { total += exp(p) * (p - q) }
                }
                return total
            }
        }
    }
}

extension UnsafeBufferPointer<Float> {
    /// The logarithms of the probabilities of a row.
    fileprivate func logarithms(_ kind: ClassificationMetrics.OutputKind) -> [Double] {
        switch kind {
        case .probabilities: return map { log(Double($0)) }
        case .logits:
            let largest = Double(reduce(-.infinity) { Swift.max($0, $1) })
            let sum = log(reduce(0) { $0 + exp(Double($1) - largest) }) + largest
            return map { Double($0) - sum }
        }
    }
}
