import BantamArchive
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// `--base`, and tensors that are equal, from command to command.
@Suite struct BaseCommandTests {
    private let cnn = Bantam.samples.appendingPathComponent("digits-cnn/model.safetensors").path

    /// The sample network with the lowest bits of one tensor changed: the tensor's name and the file's path.
    private func tuned(in folder: URL) throws -> (name: String, path: String) {
        var generator = SeededGenerator(seed: 1)
        let file = try SafetensorsFile(cnn)
        let item = try #require(file.header.items.max { $0.range.count < $1.range.count })
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: cnn)))
        for offset in stride(
            from: file.dataStart + item.range.lowerBound, to: file.dataStart + item.range.upperBound, by: 4)
        {
            bytes[offset] ^= UInt8.random(in: 0...3, using: &generator)
        }
        let path = folder.appendingPathComponent("tuned.safetensors").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return (item.entry.name, path)
    }

    @Test func aFineTunedFileIsStoredBesideItsBase() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let tuned = try tuned(in: folder)
            let small = folder.appendingPathComponent("small.safetensors").path
            let back = folder.appendingPathComponent("back.safetensors").path
            let count = try SafetensorsFile(cnn).entries.count
            let compressed = try Bantam.run("compress", tuned.path, small, "--base", cnn)
            #expect(compressed.status == 0)
            #expect(
                compressed.output.contains(
                    "base \(cnn): 1 predicted, \(count - 1) unchanged, 0 smaller without, 0 without counterpart"
                ))
            let checksum = try #require(try CompressedFile(small).neededBase?.checksum)
            let need = "expected the base 'model.safetensors' (checksum \(checksum))"

            for command in [
                ["decompress", small, back], ["inspect", small], ["evaluate", cnn, small],
                ["benchmark", small],
            ] {
                let without = try Bantam.run(command)
                #expect(without.status == 66 && without.output.isEmpty)
                #expect(without.errors.contains(need) && without.errors.split(separator: "\n").count == 1)
            }
            #expect(!FileManager.default.fileExists(atPath: back))
            let wrong = try Bantam.run("decompress", small, back, "--base", tuned.path)
            #expect(
                wrong.status == 65
                    && wrong.errors.contains(
                        "tensor '\(tuned.name)': expected the base 'model.safetensors' with values of checksum"
                    ))
            #expect(!FileManager.default.fileExists(atPath: back))

            #expect(try Bantam.run("decompress", small, back, "--base", cnn).status == 0)
            #expect(FileManager.default.contentsEqual(atPath: tuned.path, andPath: back))

            let partly = try Bantam.run("verify", small)
            #expect(
                partly.status == 0 && partly.output.contains("'model.safetensors' (checksum \(checksum))"))
            let fully = try Bantam.run("verify", small, "--base", cnn)
            #expect(fully.status == 0 && fully.output.hasSuffix("every checksum holds\n"))
            let inspection = try Bantam.run("inspect", small, "--base", cnn)
            #expect(inspection.status == 0 && inspection.output.contains("same as base"))
            let benchmark = try Bantam.run(
                "benchmark", small, "--base", cnn, "--coding", "zstd", "--min-time", "0")
            #expect(benchmark.status == 0 && benchmark.output.contains("zstd"))
            let evaluation = try Bantam.run(
                "evaluate", "--base", cnn, tuned.path, small, "--json", "--require", "max_abs_error<=0")
            #expect(evaluation.status == 0 && evaluation.output.contains("\"exact\": true"))
        }
    }

    /// Passes run over what changed, and over nothing else.
    @Test func passesWithABase() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let tuned = try tuned(in: folder)
            let small = folder.appendingPathComponent("small.safetensors").path
            let run = try Bantam.run(
                "compress", tuned.path, small, "--base", cnn, "--prune", "0.99", "--sparse", "auto")
            #expect(run.status == 0 && run.errors.contains("unchanged from the base: no pass runs over it"))
            let file = try CompressedFile(small, base: BaseFile(contentsOf: cnn))
            for (index, entry) in file.entries.enumerated() {
                let encoding = file.storage(at: index).encoding
                #expect((encoding == "same as base") == (entry.name != tuned.name), "\(encoding)")
                #expect(!encoding.hasPrefix("xor") && !encoding.hasPrefix("difference"))
            }
        }
    }

    /// A residual that takes less than what a pass gives is taken, because it loses nothing.
    @Test(arguments: [["--quantize", "8"], ["--low-rank", "rank=200"]])
    func aSmallResidualBeatsAPass(_ options: [String]) throws {
        try withTemporaryFolder { (folder: URL) throws in
            let tuned = try tuned(in: folder)
            let small = folder.appendingPathComponent("small.safetensors").path
            let back = folder.appendingPathComponent("back.safetensors").path
            let run = try Bantam.run(["compress", tuned.path, small, "--base", cnn] + options)
            #expect(run.status == 0 && run.output.contains("1 predicted, "))
            #expect(run.errors.contains("what differs from the base takes") == (options[0] == "--quantize"))
            #expect(try Bantam.run("decompress", small, back, "--base", cnn).status == 0)
            #expect(FileManager.default.contentsEqual(atPath: tuned.path, andPath: back))
        }
    }

    @Test func whatTheBaseIsNoHelpFor() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let other = Bantam.samples.appendingPathComponent("digits-mlp/manifest.json").path
            let run = try Bantam.run("compress", cnn, small, "--base", other)
            #expect(run.status == 0 && run.errors.contains("warning: the base was no help"))
            #expect(try CompressedFile(small).neededBase == nil)
            let verified = try Bantam.run("verify", small, "--base", other)
            #expect(verified.status == 0 && verified.errors.contains("is not needed"))
            let missing = try Bantam.run("compress", cnn, small, "--force", "--base", small + "-not")
            #expect(missing.status == 66)
            let estimate = try Bantam.run("compress", cnn, small, "--dry-run", "--base", cnn)
            #expect(estimate.status == 0 && estimate.output.contains("0 predicted, "))
        }
    }

    /// A compressed file may be a base, but not one that needs a base.
    @Test func compressedBases() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let tuned = try tuned(in: folder)
            let base = folder.appendingPathComponent("base.safetensors").path
            let small = folder.appendingPathComponent("small.safetensors").path
            let back = folder.appendingPathComponent("back.safetensors").path
            #expect(try Bantam.run("compress", cnn, base).status == 0)
            #expect(try Bantam.run("compress", tuned.path, small, "--base", base).status == 0)
            #expect(try Bantam.run("decompress", small, back, "--base", cnn).status == 0)
            #expect(FileManager.default.contentsEqual(atPath: tuned.path, andPath: back))
            let chained = try Bantam.run("compress", cnn, back, "--base", small, "--force")
            #expect(chained.status == 64 && chained.errors.contains("decompress it first"))
        }
    }

    /// Tied weights are compressed once, by whatever recipe and however many threads.
    @Test(arguments: [[], ["--quantize", "8"], ["--prune", "0.5", "--scope", "global", "--sparse", "auto"]])
    func equalTensorsAreStoredOnce(_ options: [String]) throws {
        try withTemporaryFolder { (folder: URL) throws in
            var generator = SeededGenerator(seed: 3)
            let shape: Shape = [160, 128]
            let values = (0..<shape.elementCount).map { _ in generator.normal() }
            var near = values
            near[shape.elementCount - 1] += 1
            let tensors = [("embedding", values), ("near", near), ("head", values), ("last", values)]
            let path = folder.appendingPathComponent("tied.safetensors").path
            try SafetensorsWriter.write(
                TensorSource(tensors.map { TensorEntry(name: $0.0, dtype: .float32, shape: shape) }) {
                    Tensor(.float32, shape, tensors[$0].1)
                }, to: path)
            let estimate = try Bantam.run(["compress", path, "none", "--dry-run"] + options)
            #expect(estimate.output.split(separator: "\n").count { $0.contains("same as embedding") } == 2)
            for threads in ["1", "4"] {
                let small = folder.appendingPathComponent(threads).path
                let run = try Bantam.run(["compress", path, small, "--threads", threads] + options)
                #expect(run.status == 0 && run.output.contains("equal arrays stored once: "))
                #expect(run.output.split(separator: "\n").count { $0.contains("same as embedding") } == 2)
            }
            let small = folder.appendingPathComponent("1").path
            #expect(
                FileManager.default.contentsEqual(
                    atPath: small, andPath: folder.appendingPathComponent("4").path))
            let file = try CompressedFile(small)
            let names = file.entries.map(\.name)
            for (index, name) in names.enumerated() {
                let storage = file.storage(at: index)
                #expect((storage.byteCount == 0) == ["head", "last"].contains(name))
            }
            let inspection = try Bantam.run("inspect", small)
            #expect(inspection.status == 0 && inspection.output.contains("same as embedding"))
            let back = folder.appendingPathComponent("back.safetensors").path
            #expect(try Bantam.run("decompress", small, back).status == 0)
            if options.isEmpty { #expect(FileManager.default.contentsEqual(atPath: path, andPath: back)) }
        }
    }

    /// Rows that repeat earlier ones are stored once, of plain tensors and of codes, and the output says so.
    @Test(arguments: [[], ["--quantize", "8"], ["--coding", "none"]])
    func equalRowsAreStoredOnce(_ options: [String]) throws {
        try withTemporaryFolder { (folder: URL) throws in
            var generator = SeededGenerator(seed: 3)
            let (rows, columns) = (600, 64)
            let different = (0..<500 * columns).map { _ in generator.normal() }
            let values = different + (0..<100 * columns).map { different[$0 % columns] }
            let entries = ["embedding", "head"].map {
                TensorEntry(name: $0, dtype: .float32, shape: [rows, columns])
            }
            let path = folder.file("padded.safetensors")
            try SafetensorsWriter.write(
                TensorSource(entries) { _ in Tensor(.float32, [rows, columns], values) }, to: path)
            let isOnce = !options.contains("none")
            for threads in ["1", "4"] {
                let run = try Bantam.run(
                    ["compress", path, folder.file(threads), "--threads", threads] + options)
                #expect(run.status == 0)
                #expect(run.output.contains("repeated-rows") == isOnce, "\(run.output)")
                let note = "100 of its 600 rows repeat earlier ones, which are stored once"
                #expect((run.output + run.errors).contains(note) == isOnce)
            }
            let small = folder.file("1")
            #expect(FileManager.default.contentsEqual(atPath: small, andPath: folder.file("4")))
            let inspection = try Bantam.run("inspect", small, "--json")
            #expect(inspection.output.contains(isOnce ? "repeats\"" : "\"dense\""))
            #expect(try Bantam.run("verify", small).status == 0)
            let back = folder.file("back.safetensors")
            #expect(try Bantam.run("decompress", small, back).status == 0)
            let bound = options.contains("--quantize") ? "sqnr_db>=40" : "max_abs_error<=0"
            let evaluation = try Bantam.run("evaluate", path, small, "--require", bound)
            #expect(evaluation.status == 0, "\(evaluation.output) \(evaluation.errors)")
            if !options.contains("--quantize") {
                #expect(FileManager.default.contentsEqual(atPath: path, andPath: back))
            }
        }
    }
}
