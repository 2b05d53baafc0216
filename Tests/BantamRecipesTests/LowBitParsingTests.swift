import BantamRecipes
import BantamTestSupport
import Testing

/// `quantize`, `palettize` and `round` as docs/recipes.md has them: every option, what it becomes, what it cannot be.
@Suite struct LowBitParsingTests {
    private func recipe(_ passes: [String]) throws -> Recipe {
        let lines = passes.map { "      - \($0)\n" }.joined()
        return try Recipe(yaml: "rules:\n  - match: \"*\"\n    passes:\n" + lines, file: "a.yaml")
    }

    @Test(arguments: [
        ("quantize: 2", "quantize 2 bits symmetric per channel"),
        ("quantize: {bits: 7}", "quantize 7 bits symmetric per channel"),
        ("quantize: {bits: 3, scheme: affine, granularity: tensor}", "quantize 3 bits affine per tensor"),
        ("quantize: {bits: 16, scheme: affine}", "quantize 16 bits affine per channel"),
        (
            "quantize: {bits: 4, granularity: group:32, scales: float16, range: mse}",
            "quantize 4 bits symmetric per group:32, range mse, scales float16"
        ),
        (
            "quantize: {bits: 5, range: percentile:99.9, scales: int8}",
            "quantize 5 bits symmetric per channel, range percentile:99.9, scales int8"
        ),
        ("quantize: {bits: 8, range: kl}", "quantize 8 bits symmetric per channel, range kl"),
        ("quantize: {bits: 8, range: minmax, scales: float32}", "quantize 8 bits symmetric per channel"),
        ("quantize: {bits: 4, rotate: hadamard}", "quantize 4 bits symmetric per channel, rotated (seed 0)"),
        (
            "quantize: {bits: 4, rotate: hadamard, seed: 9223372036854775807}",
            "quantize 4 bits symmetric per channel, rotated (seed 9223372036854775807)"
        ),
        ("quantize: nf4", "quantize nf4 per group:64"), ("quantize: e4m3", "quantize e4m3 per channel"),
        (
            "quantize: {bits: e5m2, granularity: group:8, scales: float16}",
            "quantize e5m2 per group:8, scales float16"
        ),
        ("quantize: fp16", "quantize fp16"), ("quantize: {bits: bf16, non-finite: keep}", "quantize bf16"),
        ("quantize: {step: 0.5, states: 256}", "quantize step 0.5, 256 states"),
        ("quantize: {sqnr: 29.5}", "quantize sqnr 29.5"),
        ("quantize: {rate: 3.5, states: 8, non-finite: keep}", "quantize rate 3.5, 8 states"),
        ("palettize: 2", "palettize 2 values, scope tensor"),
        (
            "palettize: {values: 256, scope: rows:12, codebook: float16}",
            "palettize 256 values, scope rows:12, codebook float16"
        ),
        ("palettize: {values: 16, scope: shared, non-finite: error}", "palettize 16 values, scope shared"),
        ("round: {step: 0.25, dead-zone: 1}", "round to steps of 0.25, dead zone 1.0"),
    ]) func whatIsAsked(pass: String, label: String) throws {
        #expect(try recipe([pass]).rules.first?.steps.map(\.label) == [label])
    }

    @Test(arguments: [
        ("quantize: 1", "expected 2 to 8 or 16 bits, found 1"),
        ("quantize: -8", "expected 2 to 8 or 16 bits, found -8"),
        ("quantize: fp8", "expected bits 2 to 8, 16, fp16, bf16, e4m3, e5m2 or nf4, found 'fp8'"),
        ("quantize: {scheme: affine}", "expected the key 'bits' in quantize, or one of step, sqnr and rate"),
        ("quantize: {bits: [4]}", "expected 2 to 8, 16, fp16, bf16, e4m3, e5m2 or nf4"),
        ("quantize: {bits: 4, scheme: both}", "expected scheme symmetric or affine, found 'both'"),
        ("quantize: {bits: 4, granularity: group}", "expected granularity tensor, channel or group:N"),
        ("quantize: {bits: 4, range: percentile}", "expected range minmax, percentile:P, mse or kl"),
        ("quantize: {bits: 4, range: percentile:-1}", "expected a percentile above 50 up to 100, found -1.0"),
        ("quantize: {bits: 4, range: kl, scheme: affine}", "expected the symmetric scheme for the range kl"),
        ("quantize: {bits: 4, scales: float64}", "expected scales out of float32, float16, int8"),
        ("quantize: {bits: 4, rotate: true}", "expected rotate hadamard, found 'true'"),
        ("quantize: {bits: 4, seed: 1}", "expected 'seed' with 'rotate: hadamard'"),
        ("quantize: {bits: 4, rotate: hadamard, seed: -1}", "expected seed, a whole number of at least 0"),
        (
            "quantize: {bits: 4, rotate: hadamard, seed: 18446744073709551616}",
            "expected seed, a whole number of at least 0"
        ),
        ("quantize: {bits: 4, non-finite: drop}", "expected non-finite keep or error, found 'drop'"),
        (
            "quantize: {bits: 16, scales: float16}",
            "expected the range minmax, float32 scales and no rotation"
        ),
        ("quantize: {bits: nf4, range: mse}", "nf4 has no range"),
        ("quantize: {bits: e4m3, rotate: hadamard}", "e4m3 has no rotate"),
        ("quantize: {bits: e5m2, seed: 3}", "e5m2 has no seed"),
        ("quantize: {bits: bf16, scales: float16}", "bf16 has no scales"),
        ("quantize: {bits: 4, states: 8}", "unknown key 'bits'"),
        ("quantize: {states: 8}", "expected one of step, sqnr and rate in quantize"),
        ("quantize: {step: 0}", "expected step, a number"),
        ("quantize: {sqnr: inf}", "expected sqnr, a number"),
        ("quantize: {rate: 33}", "expected rate, a number"),
        ("quantize: {rate: 3, granularity: channel}", "unknown key 'granularity'"),
        ("palettize: {}", "expected the key 'values' in palettize"),
        ("palettize: 1", "expected values, a whole number from 2 to 256, found '1'"),
        ("palettize: {values: 257}", "expected values, a whole number from 2 to 256, found '257'"),
        ("palettize: {values: 4, scope: rows:0}", "expected scope tensor, rows:N or shared, found 'rows:0'"),
        ("palettize: {values: 4, codebook: bfloat16}", "expected codebook float32 or float16"),
        ("palettize: {values: 4, bits: 2}", "unknown key 'bits'"),
    ]) func whatCannotBe(pass: String, expected: String) {
        let error = bantamError { _ = try recipe([pass]) }
        #expect(error?.kind == .corruption && error?.file == "a.yaml")
        #expect(
            error?.message.hasPrefix("line 4: rule 1: \(expected)") == true, "\(error?.message ?? "read")")
    }

    @Test(arguments: [
        (
            ["quantize: 4", "palettize: 4"],
            "expected one of quantize and palettize to codes, found a second one"
        ),
        (["palettize: 4", "quantize: 4"], "expected either quantize or palettize, found both"),
        (["palettize: 4", "quantize: nf4"], "expected one quantize to codes, found a second one"),
        (["quantize: nf4", "quantize: 8"], "expected one quantize to codes, found a second one"),
        (["quantize: nf4", "sparse: csr"], "expected sparse before codes of scaled levels, found it after"),
        (["sparse: csr", "quantize: e4m3"], "expected a scale per tensor or group of sparse values"),
        (["sparse: csr", "quantize: {bits: 4, rotate: hadamard}"], "expected no rotation of sparse values"),
        (
            ["quantize: {bits: 4, rotate: hadamard}", "sparse: csr"],
            "expected sparse codes that are not rotated"
        ),
        (
            ["sparse: csr", "quantize: {bits: 4, scheme: affine}"],
            "expected symmetric codes for each channel of sparse values"
        ),
        (
            ["sparse: csr", "palettize: {values: 4, scope: rows:2}"],
            "expected one palette for all values of a sparse tensor"
        ),
        (
            ["prune: 0.5", "palettize: {values: 4, scope: shared}"],
            "palettize 4 values, scope shared looks at"
        ),
        (["palettize: 4", "low-rank: {rank: 2}"], "expected low-rank before quantize and sparse"),
        (["quantize: {step: 1}", "palettize: 4"], "expected quantize with a step or goal to be last"),
        (
            ["palettize: 4", "quantize: {rate: 2}"],
            "expected quantize with a step or goal before all but prune"
        ),
    ]) func whatCannotFollow(passes: [String], expected: String) {
        let error = bantamError { _ = try recipe(passes) }
        #expect(
            error?.message.hasPrefix("line 5: rule 1: \(expected)") == true, "\(error?.message ?? "read")")
    }
}
