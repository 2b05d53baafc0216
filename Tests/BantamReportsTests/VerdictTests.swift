import BantamEvaluator
import Testing

@testable import BantamReports

/// A candidate with just the figures that a verdict depends on.
func candidate(
    _ name: String = "small", bytes: Int = 33_000, of original: Int = 202_000, squaredError: Double = 1,
    accuracy: (Double, Double)? = nil, interval: ClosedRange<Double>? = nil, samples: Int = 1000
) -> Comparison.Candidate {
    var error = ReconstructionError()
    error.count = 100
    error.squaredOriginal = 10_000
    error.squaredReconstruction = 10_000
    error.product = 9999
    error.squaredError = squaredError
    func metrics(_ accuracy: Double) -> ClassificationMetrics {
        ClassificationMetrics(
            sampleCount: samples, accuracy: accuracy, top5Accuracy: nil, negativeLogLikelihood: 0.1,
            classes: [], confusion: [])
    }
    var predictions: PairedPredictions?
    if let interval, let accuracy {
        let change = Int(((accuracy.1 - accuracy.0) * Double(samples)).rounded())
        predictions = PairedPredictions(
            sampleCount: samples, agreeing: samples - abs(change), onlyOriginalCorrect: max(0, -change),
            onlyCompressedCorrect: max(0, change), interval: interval)
    }
    return Comparison.Candidate(
        name: name, recipe: "",
        evaluation: Evaluation(
            original: MeasuredFile(path: "a", byteCount: original, metrics: accuracy.map { metrics($0.0) }),
            compressed: MeasuredFile(path: "b", byteCount: bytes, metrics: accuracy.map { metrics($0.1) }),
            elementCount: 50_500, totals: error, tensors: [], predictions: predictions, timing: Timing()),
        passSeconds: [], notes: [])
}

extension Comparison.Candidate: CustomTestStringConvertible {
    /// Short enough for a failure message.
    public var testDescription: String { "\(name), \(evaluation.compressed.byteCount) B" }
}

func compared(_ candidates: Comparison.Candidate...) -> Comparison {
    Comparison(title: "", command: "", candidates: candidates)
}

@Suite struct VerdictTests {
    @Test(arguments: [
        (
            candidate(accuracy: (0.972, 0.970), interval: -0.009...0.005, samples: 500),
            Verdict.Outcome.noMeasurableLoss,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy 97.2 % → 97.0 % (−0.2 points, 95 % interval −0.9 … +0.5: no measurable loss)."
        ),
        (
            candidate(accuracy: (0.972, 0.970), interval: -0.021...0.005, samples: 500), .noMeasurableLoss,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy 97.2 % → 97.0 % (−0.2 points, 95 % interval −2.1 … +0.5: no measurable loss). With 500 samples a loss of up to 2.1 points cannot be ruled out."
        ),
        (
            candidate(accuracy: (0.972, 0.972), interval: -0.002...0.002), .noMeasurableLoss,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy 97.20 % → 97.20 % (0.00 points, 95 % interval −0.20 … +0.20: no measurable change)."
        ),
        (
            candidate(accuracy: (0.972, 0.930), interval: -0.055...(-0.03)), .accuracyLost,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy 97.20 % → 93.00 % (−4.20 points, 95 % interval −5.50 … −3.00: a real loss, more than chance)."
        ),
        (
            candidate(accuracy: (0.93, 0.96), interval: 0.01...0.05), .accuracyGained,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy 93.00 % → 96.00 % (+3.00 points, 95 % interval +1.00 … +5.00: a real gain, more than chance)."
        ),
        (
            candidate(accuracy: (0.93, 0.90)), .notPaired,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy 93.00 % → 90.00 % (−3.00 points, not from paired predictions, so chance cannot be told apart)."
        ),
        (
            candidate(), .notMeasured,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy was not measured, SQNR 40.0 dB, relative error 0.0100."
        ),
        (
            candidate(squaredError: 0), .identical,
            "small: 6.12× smaller (33.0 KB of 202 KB); every value is exactly what it was."
        ),
        (
            candidate(bytes: 230_000, squaredError: 0), .identical,
            "small: larger than the original by 28.0 KB: 230 KB instead of 202 KB (0.88×); every value is exactly what it was."
        ),
        (
            candidate(bytes: 202_000), .notMeasured,
            "small: the same size (202 KB); accuracy was not measured, SQNR 40.0 dB, relative error 0.0100."
        ),
        (
            candidate(squaredError: .nan), .notMeasured,
            "small: 6.12× smaller (33.0 KB of 202 KB); accuracy was not measured, SQNR NaN dB, relative error NaN."
        ),
    ])
    func sentences(_ candidate: Comparison.Candidate, _ outcome: Verdict.Outcome, _ text: String) {
        let verdict = Verdict(compared(candidate), at: 0)
        #expect(verdict.outcome == outcome)
        #expect(verdict.sentence.plain == text)
    }

    @Test func aBeatenRecipeSaysByWhichAndHow() {
        let comparison = compared(
            candidate("best", bytes: 20_000, accuracy: (0.97, 0.97)),
            candidate("same", bytes: 30_000, accuracy: (0.97, 0.97)),
            candidate("worse", bytes: 30_000, accuracy: (0.97, 0.95)),
            candidate("as small", bytes: 20_000, accuracy: (0.97, 0.95)))
        let remarks = (0..<4).map { Verdict(comparison, at: $0).remarks.map(\.plain).joined() }
        #expect(
            remarks == [
                "", "Beaten by best, which is smaller and as accurate.",
                "Beaten by best, which is smaller and more accurate.",
                "Beaten by best, which is as small and more accurate.",
            ])
    }

    @Test func theFrontIsWhatNoOtherAndNotTheOriginalBeats() {
        let comparison = compared(
            candidate("a", bytes: 10, of: 100, accuracy: (0.9, 0.80)),
            candidate("b", bytes: 20, of: 100, accuracy: (0.9, 0.88)),
            candidate("c", bytes: 30, of: 100, accuracy: (0.9, 0.85)),
            candidate("larger", bytes: 150, of: 100, accuracy: (0.9, 0.90)),
            candidate("larger, better", bytes: 160, of: 100, accuracy: (0.9, 0.95)))
        #expect(comparison.front == [0, 1, 4])
        let byError = compared(
            candidate(bytes: 10, of: 100, squaredError: .nan), candidate(bytes: 20, of: 100),
            candidate(bytes: 300, of: 100, squaredError: 0))
        #expect(byError.front == [1])
        #expect(Report(byError).summary.map(\.isOnParetoFront) == [false, true, false])
    }
}

@Suite struct RecommendationTests {
    private func advice(_ candidates: Comparison.Candidate...) -> (Int?, String) {
        let advice = Recommendation(Comparison(title: "", command: "", candidates: candidates))
        return (advice.position, advice.sentences.first?.plain ?? "")
    }
    private let safe = candidate(
        "safe", bytes: 50_000, accuracy: (0.97, 0.97), interval: -0.002...0.002)
    private let half = candidate(
        "half", bytes: 30_000, accuracy: (0.97, 0.965), interval: -0.008...(-0.002))
    private let bad = candidate("bad", bytes: 10_000, accuracy: (0.97, 0.9), interval: -0.09...(-0.05))
    private let grown = candidate(
        "grown", bytes: 300_000, accuracy: (0.97, 0.97), interval: -0.002...0.002)

    @Test func theSmallestWithoutMeasurableLossIsTaken() {
        #expect(advice(safe, bad).0 == 0)
        #expect(advice(safe, bad).1.hasPrefix("Take safe (4.04×): the smallest without measurable loss, and"))
        #expect(advice(bad, half, safe).0 == 2)
        let sentences = Recommendation(compared(bad, half, safe)).sentences.map(\.plain)
        #expect(sentences[1] == "The smallest within 0.5 points of the original's accuracy is half (6.73×).")
    }

    @Test func lossIsNotHidden() {
        #expect(advice(half, bad).0 == 0)
        #expect(advice(half, bad).1.hasPrefix("Every smaller file lost accuracy by more than chance."))
        #expect(advice(bad, bad).0 == nil)
        #expect(advice(bad, bad).1 == "Every smaller file lost more than 0.5 points of accuracy.")
        #expect(advice(bad).0 == nil)
        #expect(advice(bad).1.hasPrefix("Only worth it if size counts more than accuracy"))
        #expect(advice(half).1.hasPrefix("Worth it if half a point may be lost"))
        #expect(advice(safe).1.hasPrefix("Worth it: smaller"))
    }

    @Test func aLargerFileIsNeverRecommended() {
        #expect(advice(grown).0 == nil)
        #expect(advice(grown).1 == "Not worth it: the file did not become smaller.")
        #expect(advice(grown, grown).1 == "None is worth it: no recipe made the file smaller.")
        let sentences = Recommendation(compared(grown, safe)).sentences.map(\.plain)
        #expect(sentences.contains("Larger than the original: grown."))
    }

    @Test func withoutAccuracyNothingIsRecommended() {
        let advice = Recommendation(
            compared(candidate("int8", bytes: 50_000), candidate("int4", bytes: 26_000, squaredError: 100)))
        #expect(advice.position == nil)
        #expect(advice.sentences[0].plain.hasPrefix("Accuracy was not measured"))
        #expect(advice.sentences[1].plain.hasSuffix("is int8 (4.04×) at 40.0 dB."))
    }
}
