import BantamLoaders
import BantamSearch
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// `bantam compress --max-loss` as a user runs it.
@Suite struct MaxLossTests {
    private let model = Bantam.samples.appendingPathComponent("digits-mlp/manifest.json").path
    private let test = [
        "--network", Bantam.samples.appendingPathComponent("digits-mlp/network.yaml").path,
        "--data", Bantam.samples.appendingPathComponent("digits-mlp/test.npz").path,
    ]

    @Test func thePromiseIsKeptOnTheDigits() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let json = folder.appendingPathComponent("search.json").path
            let recipe = folder.appendingPathComponent("found.yaml").path
            let result = try Bantam.run(
                [
                    "compress", model, small, "--max-loss", "accuracy=0.5%", "--search-json", json,
                    "--save-recipe", recipe,
                ]
                    + test)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("at most accuracy=0.5% lost: kept on the others"))
            #expect(result.output.contains("95 % interval"))
            let root = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
                    as? [String: Any])
            #expect(root["kept"] as? Bool == true)
            let size = try Data(contentsOf: URL(fileURLWithPath: small)).count
            #expect(root["bytes"] as? Int == size)
            #expect((root["ratio"] as? Double ?? 0) >= 10)
            // The recipe alone gives the same file, on other threads too.
            let again = folder.appendingPathComponent("again.safetensors").path
            #expect(
                try Bantam.run("compress", model, again, "--recipe", recipe, "--threads", "1").status == 0)
            #expect(FileManager.default.contentsEqual(atPath: small, andPath: again))
        }
    }

    @Test func aDryRunWritesNothing() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let result = try Bantam.run(
                ["compress", model, small, "--max-loss", "accuracy=0.5%", "--dry-run"] + test)
            #expect(result.status == 0)
            #expect(result.output.contains("nothing was written"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func aPromiseThatTheOtherHalfBreaksIsExitCodeOneAndNoFile() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let count = 400
            let split = SampleSplit(labels: [Int](repeating: 1, count: count))
            var weights = [Float](repeating: 0, count: count) + [Float](repeating: 1, count: count)
            for (index, sample) in split.search.enumerated() {
                weights[count + sample] = 1 + Float(index * 331 % 997) / 997
            }
            for (index, sample) in split.report.enumerated() {
                weights[count + sample] = 0.02 + Float(index * 331 % 997) / 99_700
            }
            let inputs = (0..<count * count).map { UInt8($0 / count == $0 % count ? 1 : 0) }
            func write(_ name: String, _ tensors: [(String, Tensor)]) throws -> String {
                let path = folder.appendingPathComponent(name).path
                let entries = tensors.map { TensorEntry(name: $0, dtype: $1.dtype, shape: $1.shape) }
                try TensorFiles.write(TensorSource(entries) { tensors[$0].1 }, to: path)
                return path
            }
            let weightFile = try write("w.safetensors", [("w", Tensor(.float32, [2, count], weights))])
            let data = try write(
                "data.safetensors",
                [
                    ("inputs", Tensor(.uint8, [count, count], inputs)),
                    ("labels", Tensor(.uint8, [count], [UInt8](repeating: 1, count: count))),
                ])
            let network = folder.appendingPathComponent("network.yaml").path
            try "input: [\(count)]\nlayers:\n  - linear: {weight: w}\ntask: classification\n".write(
                toFile: network, atomically: true, encoding: .utf8)
            let small = folder.appendingPathComponent("small.safetensors").path
            let result = try Bantam.run(
                "compress", weightFile, small, "--max-loss", "accuracy=1%", "--network", network, "--data",
                data)
            #expect(result.status == 1)
            #expect(result.errors.contains("not written: at most accuracy=1% was promised"))
            #expect(!FileManager.default.fileExists(atPath: small))
        }
    }

    @Test(arguments: [
        (["--max-loss", "accuracy=0.5%"], "--max-loss needs --network and --data"),
        (
            ["--max-loss", "accuracy=0.5%", "--network", "n", "--data", "d", "--quantize", "8"],
            "chooses the passes itself"
        ),
        (
            ["--max-loss", "accuracy=0.5%", "--network", "n", "--data", "d", "--preset", "small"],
            "chooses the passes itself"
        ),
        (
            ["--max-loss", "accuracy=0.5%", "--network", "n", "--data", "d", "--bpw", "3"],
            "chooses the passes itself"
        ),
        (["--network", "n", "--data", "d"], "go with --max-loss"),
        (["--split-seed", "3"], "go with --max-loss"),
        (["--max-loss", "accuracy=0.5%", "--network", "n"], "--network and --data go together"),
    ])
    func whatDoesNotGoTogetherIsAFaultOfUsage(arguments: [String], message: String) throws {
        let result = try Bantam.run(["compress", model, "/nowhere/out.safetensors"] + arguments)
        #expect(result.status == 64)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test func aLossThatIsNoneIsAFaultOfUsage() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let result = try Bantam.run(["compress", model, small, "--max-loss", "speed=1%"] + test)
            #expect(result.status == 64)
            #expect(result.errors.contains("expected one of accuracy, top5, nll, agreement, found 'speed'"))
        }
    }
}
