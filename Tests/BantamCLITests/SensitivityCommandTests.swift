import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// A budget with a network and data, from command to command.
@Suite struct SensitivityCommandTests {
    /// Weights whose first layer counts much more than the second, with one that the network does not use; its data have no
    /// labels.
    private func write(in folder: URL) throws -> (model: String, test: [String]) {
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        func normals(_ rows: Int, _ columns: Int, _ scale: Float, _ seed: UInt64) -> Tensor {
            var generator = SeededGenerator(seed: seed)
            return Tensor(
                .float32, [rows, columns], (0..<rows * columns).map { _ in generator.normal() * scale })
        }
        func save(_ name: String, _ tensors: [(String, Tensor)]) throws {
            let entries = tensors.map { TensorEntry(name: $0, dtype: $1.dtype, shape: $1.shape) }
            try TensorFiles.write(TensorSource(entries) { tensors[$0].1 }, to: path(name))
        }
        try save(
            "model.safetensors",
            [
                ("fc1", normals(40, 30, 0.1, 1)), ("fc2", normals(30, 40, 3, 2)),
                ("unused", normals(32, 32, 1, 3)),
            ])
        try save("data.safetensors", [("inputs", normals(300, 30, 1, 4))])
        try "input: [30]\nlayers:\n  - linear: {weight: fc1}\n  - relu\n  - linear: {weight: fc2}\n".write(
            toFile: path("network.yaml"), atomically: true, encoding: .utf8)
        return (
            path("model.safetensors"),
            ["--network", path("network.yaml"), "--data", path("data.safetensors")]
        )
    }

    @Test func aPlanIsMeasuredShownSavedAndReplayed() throws {
        try withTemporaryFolder { (folder: URL) throws in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            let (model, test) = try write(in: folder)
            let run = try Bantam.run(
                [
                    "compress", model, path("small.safetensors"), "--bpw", "6", "--states", "8",
                    "--save-recipe",
                    path("mine.yaml"), "--threads", "1",
                ] + test)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("sensitivity measured over 256 of 300 samples with 7 files tried"))
            #expect(run.output.contains("weight\n"))
            #expect(run.errors.contains("note: unused: the network does not use it: weight 1"))
            let recipe = try String(contentsOfFile: path("mine.yaml"), encoding: .utf8)
            let weights = recipe.matches(
                of: /match: "(\w+)"\n    passes:\n      - quantize: {weight: ([0-9.]+)}/)
            #expect(weights.map { String($0.1) } == ["fc1", "fc2", "unused"])
            let values = weights.compactMap { Double($0.2) }
            #expect(values.count == 3 && values[0] > 4 * values[1] && values[2] == 1)
            // Neither network nor data are needed again.
            let again = try Bantam.run(
                "compress", model, path("again.safetensors"), "--recipe", path("mine.yaml"), "--threads", "4")
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                FileManager.default.contentsEqual(
                    atPath: path("small.safetensors"), andPath: path("again.safetensors")))
        }
    }

    @Test func aDryRunWritesNothing() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let (model, test) = try write(in: folder)
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).count
            let run = try Bantam.run(
                [
                    "compress", model, folder.path + "/out.safetensors", "--size", "25%", "--states", "8",
                    "--dry-run",
                ] + test)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("weight\n") && run.output.contains("nothing was written"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == before)
        }
    }

    @Test(arguments: [
        (["--bpw", "3", "--network", "n.yaml"], Int32(64), "--network and --data go together"),
        (["--bpw", "3", "--data", "d.npz"], 64, "--network and --data go together"),
        (["--network", "n.yaml", "--data", "d.npz"], 64, "go with --max-loss, --bpw, --size or a recipe"),
        (
            ["--sqnr", "20", "--network", "n.yaml", "--data", "d.npz"], 64,
            "go with --max-loss, --bpw, --size"
        ),
        (
            ["--bpw", "3", "--base", "b", "--network", "n.yaml", "--data", "d.npz"], 64,
            "measure weights without a base"
        ),
        (
            ["--bpw", "3", "--split-seed", "3", "--network", "n.yaml", "--data", "d.npz"], 64,
            "go with --max-loss"
        ),
        (["--bpw", "3", "--network", "/nowhere/n.yaml", "--data", "/nowhere/d.npz"], 66, "/nowhere/n.yaml"),
        (
            ["--preset", "int8", "TEST"], 64,
            "expected a budget of bits per weight or size to measure weights for"
        ),
    ])
    func whatCannotBeMeasuredIsOneLine(_ arguments: [String], _ status: Int32, _ message: String) throws {
        try withTemporaryFolder { (folder: URL) throws in
            let (model, test) = try write(in: folder)
            let output = folder.path + "/out.safetensors"
            let run = try Bantam.run(
                ["compress", model, output] + arguments.flatMap { $0 == "TEST" ? test : [$0] })
            #expect(run.status == status)
            #expect(run.errors.contains(message), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }
}
