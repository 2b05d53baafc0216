import BantamTestSupport
import Foundation
import Testing

/// `--bpw`, `--size` and `--sqnr`, from command to command.
@Suite struct BudgetCommandTests {
    private let cnn = Bantam.samples.appendingPathComponent("digits-cnn/model.safetensors").path

    @Test func aPlanIsShownSavedAndReplayed() throws {
        try withTemporaryFolder { (folder: URL) throws in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let shown = try Bantam.run(
                "compress", cnn, path("small.safetensors"), "--bpw", "4.5", "--states", "8", "--dry-run")
            #expect(shown.status == 0 && shown.output.contains("step"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)

            let run = try Bantam.run(
                "compress", cnn, path("small.safetensors"), "--bpw", "4.5", "--states", "8", "--save-recipe",
                path("mine.yaml"))
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("budget: 4.5 bits per weight, reached 4."))
            let recipe = try String(contentsOfFile: path("mine.yaml"), encoding: .utf8)
            #expect(recipe.contains("\nbudget: {step: ") && recipe.contains(", states: 8}\n"))
            let replay = try Bantam.run(
                "compress", cnn, path("again.safetensors"), "--recipe", path("mine.yaml"), "--threads", "2")
            #expect(replay.status == 0, "\(replay.errors)")
            #expect(
                FileManager.default.contentsEqual(
                    atPath: path("small.safetensors"), andPath: path("again.safetensors")))
        }
    }

    @Test(arguments: [
        ["--bpw", "3", "--sqnr", "20"], ["--states", "8"], ["--size", "25"],
        ["--bpw", "3", "--quantize", "8"],
        ["--size", "1%"],
    ]) func whatCannotBeAsked(_ arguments: [String]) throws {
        try withTemporaryFolder { (folder: URL) throws in
            let output = folder.appendingPathComponent("small.safetensors").path
            let run = try Bantam.run(["compress", cnn, output] + arguments)
            #expect(run.status == 64 && !run.errors.isEmpty, "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }
}
