import BantamEvaluator
import BantamLoaders
import BantamTensors
import Testing

/// The JSON that others read: its keys, its nulls, its text.
@Suite struct EvaluationJSONTests {
    private func keys(_ json: JSON?) -> [String] { json?.objectValue?.map(\.key) ?? [] }

    @Test func keysAreThoseOfTheContract() throws {
        let json = sampleEvaluation().json()
        #expect(
            keys(json) == [
                "bantam", "original", "compressed", "elements", "totals", "predictions", "timing", "tensors",
            ])
        #expect(keys(json["original"]) == ["file", "bytes", "metrics"])
        #expect(keys(json["compressed"]) == ["file", "bytes", "ratio", "bits_per_weight", "metrics"])
        #expect(
            keys(json["totals"]) == ["exact", "sqnr_db", "relative_error", "max_abs_error", "cosine", "rmse"])
        #expect(
            keys(json["tensors"]?.arrayValue?[0]) == [
                "name", "dtype", "shape", "encoding", "original_bytes", "bytes", "bits_per_weight", "exact",
                "sqnr_db", "relative_error", "max_abs_error", "cosine", "rmse", "sparsity",
                "original_sparsity", "non_finite", "kl_divergence", "histogram", "spectrum",
            ])
        #expect(
            keys(json["original"]?["metrics"]) == [
                "samples", "accuracy", "top5", "nll", "macro_f1", "classes", "confusion",
            ])
        #expect(json["compressed"]?["ratio"] == .number(4))
        #expect(json["compressed"]?["bits_per_weight"] == .number(8))
        #expect(json["totals"]?["sqnr_db"] == .number(20))
        #expect(json["predictions"]?["accuracy_change"] == .number(-0.005))
        #expect(json["tensors"]?.arrayValue?[0]["kl_divergence"] == .number(0))
        #expect(json["timing"]?["decompression_seconds"] == .number(0.25))
    }

    @Test func whatWasNotLostOrNotMeasuredIsNull() throws {
        let json = try JSON(parsing: sampleEvaluation(hasNetwork: false).json().prettyText)
        #expect(json["predictions"] == .null && json["original"]?["metrics"] == .null)
        let exact = try #require(json["tensors"]?.arrayValue?[1])
        #expect(exact["exact"] == .bool(true) && exact["sqnr_db"] == .null)
        #expect(exact["kl_divergence"] == .null && exact["cosine"] == .number(1))
    }

    @Test func theTextReadsBackTheSame() throws {
        let json = sampleEvaluation().json()
        let read = try JSON(parsing: json.prettyText)
        // Infinities have become null, which is written as null again.
        #expect(read.prettyText == json.prettyText)
        #expect(read["original"]?["file"] == .string("a \"b\""))
        #expect(read["original"]?["metrics"]?["confusion"] == json["original"]?["metrics"]?["confusion"])
    }

    @Test func prettyTextIsStable() {
        let json = JSON.object([
            .init("a", .array([.integer(1), .number(0.5)])), .init("b", .array([])), .init("c", .object([])),
            .init("d", .array([.array([.integer(1)]), .array([.integer(2)])])),
            .init("e\"", .object([.init("f", .number(.infinity))])),
        ])
        #expect(
            json.prettyText == """
                {
                  "a": [1, 0.5],
                  "b": [],
                  "c": {},
                  "d": [
                    [1],
                    [2]
                  ],
                  "e\\"": {
                    "f": null
                  }
                }

                """)
    }

    @Test func comparisonsHoldTheirCandidates() throws {
        let candidates = [0, 5].map { lost in
            Comparison.Candidate(
                name: "lost \(lost)", recipe: "rules: []", evaluation: sampleEvaluation(lost: lost),
                passSeconds: [("quantize", 0.5)], notes: ["kept b"])
        }
        let json = Comparison(title: "T", command: "bantam compare", candidates: candidates).json()
        #expect(keys(json) == ["bantam", "title", "command", "pareto", "candidates", "curve"])
        #expect(json["curve"] == .null)
        #expect(json["pareto"] == .array([.string("lost 0")]))
        let second = try #require(json["candidates"]?.arrayValue?[1])
        #expect(
            keys(second).prefix(6) == [
                "name", "recipe", "on_pareto_front", "notes", "pass_seconds", "bantam",
            ])
        #expect(second["on_pareto_front"] == .bool(false))
        #expect(second["compressed"]?["metrics"]?["accuracy"] == .number(0.945))
    }
}
