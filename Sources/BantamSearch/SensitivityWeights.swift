import Foundation

/// Squared errors of one tensor that was compressed alone.
struct TensorErrors: Sendable, Equatable {
    /// In the tensor itself.
    var put = 0.0
    /// At the outputs, of all samples together.
    var added = 0.0

    /// What a squared error in the tensor costs; `nil` if these say nothing of it.
    var cost: Double? {
        let cost = added / put
        return put > 0 && added > 0 && cost.isFinite && cost > 0 ? cost : nil
    }
}

/// From errors that were measured to weights.
enum SensitivityWeights {
    /// Steps stay within a 63rd and 63 times the common one: what adds nothing to the outputs of these samples may add
    /// something to others.
    private static let limit = 4000.0

    /// Half way, on a logarithmic scale, from weights to what each tensor's squared error cost with them. Full steps swing
    /// at few bits, where a coarser step makes each squared error cost more, and so the next step finer.
    ///
    /// Costs are relative: their geometric mean over the elements counts as 1. A tensor of which nothing was measured keeps
    /// its weight.
    static func next(after weights: [Double], _ errors: [TensorErrors], counts: [Int]) -> [Double] {
        var (sum, elements) = (0.0, 0.0)
        for (error, count) in zip(errors, counts) {
            guard let cost = error.cost else { continue }
            sum += Double(count) * log(cost)
            elements += Double(count)
        }
        let mean = elements > 0 ? exp(sum / elements) : 1
        return zip(weights, errors).map { weight, error in
            guard let cost = error.cost else { return weight }
            return rounded(max(1 / limit, min(limit, (weight * cost / mean).squareRoot())))
        }
    }

    /// To three digits, so that a recipe reads well and the last bits of a network's outputs, which depend on the processor,
    /// hardly ever show.
    static func rounded(_ weight: Double) -> Double { Double(String(format: "%.3g", weight)) ?? weight }
}
