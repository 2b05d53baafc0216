import Bantam

/// What was measured of a network's sensitivity, for people.
struct SensitivityText {
    private let result: SensitivityResult
    private let seconds: Double

    init(_ result: SensitivityResult, seconds: Double) {
        self.result = result
        self.seconds = seconds
    }

    /// Over how many samples, and what it is good for.
    var summary: String {
        let equal = result.errors.first ?? 0
        let gain =
            result.chosen == 0
            ? "no weights lose less than equal ones: \(Format.number(equal))"
            : "\(Format.number(equal)) → \(Format.number(result.errors[result.chosen]))"
        return "sensitivity measured over \(Format.count(result.sampleCount)) of "
            + "\(Format.count(result.dataCount, "sample")) with \(Format.count(result.errors.count, "file")) tried, in "
            + "\(Format.seconds(seconds)); mean squared error of an output there: \(gain)"
    }

    /// Tensors of which nothing was measured.
    var notes: [String] {
        let kinds: [(SensitivityResult.Use, String)] = [
            (.unused, "the network does not use it: weight 1"),
            (.withoutEffect, "its errors do not reach the outputs of these samples: weight 1"),
        ]
        return kinds.compactMap { use, text in
            let names = result.weights.filter { $0.use == use }.map { oneLine($0.tensor) }
            guard !names.isEmpty else { return nil }
            return "note: " + names.prefix(12).joined(separator: ", ")
                + (names.count > 12 ? " and \(names.count - 12) more" : "") + ": \(text)"
        }
    }
}
