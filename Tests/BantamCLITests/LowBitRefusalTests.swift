import BantamTestSupport
import Foundation
import Testing

/// Every option of low bits, palettes and budgets with what it cannot be: exit code 64, one line that says what was
/// expected, and no file.
@Suite struct LowBitRefusalTests {
    private static let formats = "expected bits 2 to 8, 16, fp16, bf16, e4m3, e5m2 or nf4, found "
    private static let granularities = "expected granularity tensor, channel or group:N, found "
    private static let ranges = "expected range minmax, percentile:P, mse or kl, found "
    private static let scopes = "expected scope tensor, rows:N or shared, found "
    private static let together = "--granularity, --scheme, --range, --scales and --rotate go with --quantize"

    @Test(arguments: [
        (["--quantize", "0"], "expected 2 to 8 or 16 bits, found 0"),
        (["--quantize", "1"], "expected 2 to 8 or 16 bits, found 1"),
        (["--quantize", "9"], "expected 2 to 8 or 16 bits, found 9"),
        (["--quantize", "15"], "expected 2 to 8 or 16 bits, found 15"),
        (["--quantize=-4"], "expected 2 to 8 or 16 bits, found -4"),
        (["--quantize", "4.5"], formats + "'4.5'"), (["--quantize", "int8"], formats + "'int8'"),
        (["--quantize", "FP16"], formats + "'FP16'"), (["--quantize", ""], formats + "nothing"),
        (["--quantize", "99999999999999999999"], formats + "'99999999999999999999'"),
        (["--quantize", "-4"], "Missing value for '--quantize"),
        (["--quantize", "4", "--granularity", "row"], granularities + "'row'"),
        (["--quantize", "4", "--granularity", "group:0"], granularities + "'group:0'"),
        (["--quantize", "4", "--granularity", "group:-1"], granularities + "'group:-1'"),
        (["--quantize", "4", "--granularity", "group:"], granularities + "'group:'"),
        (["--quantize", "nf4", "--granularity", "group:x"], granularities + "'group:x'"),
        (
            ["--quantize", "4", "--granularity", "group:9223372036854775808"],
            granularities + "'group:9223372036854775808'"
        ),
        (
            ["--quantize", "4", "--scales", "bf16"],
            "expected scales out of float32, float16, int8, found 'bf16'"
        ),
        (["--quantize", "4", "--scales", ""], "expected scales out of float32, float16, int8, found ''"),
        (["--quantize", "4", "--scheme", "both"], "expected scheme symmetric or affine, found 'both'"),
        (["--quantize", "4", "--range", "max"], ranges + "'max'"),
        (["--quantize", "4", "--range", "percentile:"], ranges + "'percentile:'"),
        (["--quantize", "4", "--range", "percentile:nan"], ranges + "'percentile:nan'"),
        (
            ["--quantize", "4", "--range", "percentile:50"],
            "expected a percentile above 50 up to 100, found 50.0"
        ),
        (
            ["--quantize", "4", "--range", "percentile:101"],
            "expected a percentile above 50 up to 100, found 101.0"
        ),
        (
            ["--quantize", "4", "--range", "kl", "--scheme", "affine"],
            "expected the symmetric scheme for the range kl, found affine"
        ),
        (["--quantize", "4", "--rotate", "givens"], "expected rotate hadamard, found 'givens'"),
        (["--quantize", "4", "--rotate", ""], "expected rotate hadamard, found nothing"),
    ]) func whatQuantizeCannotBe(_ arguments: [String], _ expected: String) throws {
        try expectRefusal(arguments, expected)
    }

    /// Formats that have no such thing.
    @Test(arguments: ["fp16", "bf16", "fp8", "e5m2", "nf4"]) func whatAFormatHasNot(_ format: String) throws {
        let name = format == "fp8" ? "e4m3" : format
        try expectRefusal(["--quantize", format, "--range", "mse"], "\(name) has no range")
        try expectRefusal(["--quantize", format, "--rotate", "hadamard"], "\(name) has no rotate")
        try expectRefusal(["--quantize", format, "--scheme", "affine"], "\(name) has no scheme")
        if format.hasSuffix("16") {
            try expectRefusal(["--quantize", format, "--scales", "float16"], "\(format) has no scales")
            try expectRefusal(
                ["--quantize", format, "--granularity", "tensor"], "\(format) has no granularity")
        }
        try expectRefusal(
            ["--quantize", "16", "--range", "mse"],
            "expected the range minmax, float32 scales and no rotation for 16 bits, found others")
    }

    @Test(arguments: [
        (["--granularity", "channel"], together), (["--scales", "int8"], together),
        (["--range", "mse"], together),
        (["--rotate", "hadamard"], together), (["--scheme", "affine"], together),
        (["--palettize", "4", "--granularity", "channel"], together),
        (["--bpw", "4", "--rotate", "hadamard"], together),
        (["--palettize", "4", "--quantize", "4"], "expected one of --quantize and --palettize, found both"),
        (
            ["--preset", "int8", "--palettize", "4"],
            "expected one of --recipe, --preset and pass flags, found several"
        ),
        (
            ["--quantize", "4", "--rotate", "hadamard", "--sparse", "auto"],
            "expected sparse codes that are not rotated, found rotate: hadamard"
        ),
        (
            ["--quantize", "4", "--scheme", "affine", "--sparse", "csr"],
            "expected sparse before affine codes, whose zero is not the code 0"
        ),
        (
            ["--quantize", "nf4", "--sparse", "csr"],
            "expected sparse before codes of scaled levels, found it after"
        ),
        (
            ["--palettize", "4", "--palette-scope", "shared", "--prune", "0.5"],
            "palettize 4 values, scope shared looks at the tensors as they are in the file"
        ),
    ]) func whatDoesNotGoTogether(_ arguments: [String], _ expected: String) throws {
        try expectRefusal(arguments, expected)
    }

    @Test(arguments: [
        (["--palettize", "1"], "expected values, a whole number from 2 to 256, found '1'"),
        (["--palettize", "257"], "expected values, a whole number from 2 to 256, found '257'"),
        (["--palettize=-3"], "expected values, a whole number from 2 to 256, found '-3'"),
        (["--palettize", "4.0"], "The value '4.0' is invalid for '--palettize"),
        (["--palettize", "4", "--palette-scope", "row"], scopes + "'row'"),
        (["--palettize", "4", "--palette-scope", "rows:0"], scopes + "'rows:0'"),
        (["--palettize", "4", "--palette-scope", "rows:-1"], scopes + "'rows:-1'"),
        (["--palettize", "4", "--palette-scope", "rows:"], scopes + "'rows:'"),
        (["--palette-scope", "shared"], "--palette-scope goes with --palettize"),
    ]) func whatPalettesCannotBe(_ arguments: [String], _ expected: String) throws {
        try expectRefusal(arguments, expected)
    }

    @Test(arguments: [
        (["--bpw", "0"], "expected bpw, a number from 0.001 to 64.0, found '0.0'"),
        (["--bpw=-1"], "expected bpw, a number from 0.001 to 64.0, found '-1.0'"),
        (["--bpw", "nan"], "expected bpw, a number from 0.001 to 64.0, found 'nan'"),
        (["--bpw", "inf"], "expected bpw, a number from 0.001 to 64.0, found 'inf'"),
        (["--bpw", "few"], "The value 'few' is invalid for '--bpw"),
        (["--size", "25"], "expected a size such as 25%, found '25'"),
        (["--size", "0%"], "expected a size such as 25%, found '0%'"),
        (["--size", "101%"], "expected a size such as 25%, found '101%'"),
        (["--size", "nan%"], "expected a size such as 25%, found 'nan%'"),
        (["--size=-5%"], "expected a size such as 25%, found '-5%'"),
        (["--sqnr", "0"], "expected sqnr, a number from 0.01 to 150.0, found '0.0'"),
        (["--sqnr", "151"], "expected sqnr, a number from 0.01 to 150.0, found '151.0'"),
        (["--sqnr", "nan"], "expected sqnr, a number from 0.01 to 150.0, found 'nan'"),
        (["--bpw", "4", "--states", "16"], "expected 8, 64 or 256 states, found '16'"),
        (["--bpw", "4", "--states", "0"], "expected 8, 64 or 256 states, found '0'"),
        (["--states", "64"], "--states goes with --bpw, --size and --sqnr"),
        (["--preset", "int8", "--states", "8"], "--states goes with --bpw, --size and --sqnr"),
        (["--bpw", "4", "--size", "25%"], "expected one of --bpw, --size and --sqnr, found several"),
        (["--sqnr", "20", "--palettize", "4"], "of the passes only --prune goes with them"),
        (["--size", "25%", "--sparse", "csr"], "of the passes only --prune goes with them"),
        (["--bpw", "4", "--low-rank", "rank=2"], "of the passes only --prune goes with them"),
    ]) func whatBudgetsCannotBe(_ arguments: [String], _ expected: String) throws {
        try expectRefusal(arguments, expected)
    }

    private func expectRefusal(_ arguments: [String], _ expected: String) throws {
        try withTemporaryFolder { (folder: URL) throws in
            let model = Bantam.samples.appendingPathComponent("digits-cnn/model.safetensors").path
            let run = try Bantam.run(["compress", model, folder.file("small.safetensors")] + arguments)
            #expect(run.status == 64, "\(arguments)")
            #expect(run.output.isEmpty)
            #expect(run.errors.hasPrefix("bantam: ") && run.errors.contains(expected), "\(run.errors)")
            #expect(run.errors.hasSuffix("\n") && run.errors.count(where: \.isNewline) == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }
}
