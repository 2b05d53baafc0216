import BantamLoaders
import BantamArchive
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Whole commands on the sample networks.
@Suite struct CommandTests {
    private let mlp = Bantam.samples.appendingPathComponent("digits-mlp/manifest.json").path
    private let cnn = Bantam.samples.appendingPathComponent("digits-cnn/model.safetensors").path

    @Test func losslessComesBackByteForByte() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let back = folder.appendingPathComponent("back.safetensors").path
            #expect(try Bantam.run("compress", cnn, small).status == 0)
            #expect(try Bantam.run("verify", small).status == 0)
            #expect(try Bantam.run("decompress", small, back).status == 0)
            #expect(FileManager.default.contentsEqual(atPath: cnn, andPath: back))
            #expect(size(small) < size(cnn))
        }
    }

    @Test func thePrintedSizesAreThoseOnDisk() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let json = folder.appendingPathComponent("evaluation.json").path
            #expect(try Bantam.run("compress", mlp, small, "--preset", "int8-sparse").status == 0)
            let evaluation = try Bantam.run(
                "evaluate", mlp, small, "--network", network("digits-mlp"), "--data", data("digits-mlp"),
                "--json", json)
            #expect(evaluation.status == 0)
            let root = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
                    as? [String: Any])
            let compressed = try #require(root["compressed"] as? [String: Any])
            #expect(compressed["bytes"] as? Int == size(small))
            let tensors = try #require(root["tensors"] as? [[String: Any]])
            #expect(
                tensors.map { $0["name"] as? String } == [
                    "fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight", "fc3.bias", "fc3.weight",
                ])
            // Everything is counted: what the tensors store is less than the file, by its header.
            let stored = tensors.compactMap { $0["bytes"] as? Int }.reduce(0, +)
            #expect(stored < size(small))
        }
    }

    /// The promise of the presets on the digits: sizes on disk against points of accuracy.
    @Test(arguments: [
        ("int8-sparse", 4.3, 0.0), ("small", 6.0, 0.5), ("near-lossless", 4.2, 0.0), ("int4", 6.5, 0.5),
        ("compact", 7.4, 0.0), ("minimal", 12, 1),
    ])
    func presetsKeepTheirPromise(preset: String, ratio: Double, points: Double) throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            #expect(try Bantam.run("compress", mlp, small, "--preset", preset).status == 0)
            let evaluation = try Bantam.run(
                "evaluate", mlp, small, "--network", network("digits-mlp"), "--data", data("digits-mlp"),
                "--require", "ratio>=\(ratio)", "--require", "accuracy>=-\(points)%")
            #expect(evaluation.status == 0, "\(evaluation.errors)")
        }
    }

    @Test func benchmarkPrintsItsContract() throws {
        let arguments = ["benchmark", cnn, "--coding", "fast", "--coding", "zstd:3", "--min-time", "0"]
        let json = try Bantam.run(arguments + ["--json", "--threads", "2", "--as", "bf16", "--as", "int8"])
        #expect(json.status == 0, "\(json.errors)")
        let rows = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(rows.count == 8)
        #expect(Set(rows.compactMap { $0["dtype"] as? String }) == ["bfloat16", "int8"])
        #expect(Set(rows.compactMap { $0["threads"] as? Int }) == [1, 2])
        for key in ["ratio", "bound", "encode_gbps", "decode_gbps"] {
            #expect(rows.allSatisfy { ($0[key] as? Double ?? 0) > 0 }, "\(key)")
        }
        let table = try Bantam.run(arguments)
        #expect(table.status == 0)
        #expect(table.output.contains("zstd:3"))
        let wrong = try Bantam.run("benchmark", cnn, "--coding", "best")
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("found 'best'"))
        #expect(rows.allSatisfy { $0["bound_basis"] as? String == "order-0" })
    }

    /// What is no coder is said to be none, not to be no YAML, of which the user wrote none.
    @Test(arguments: [
        ("zstd:", "zstd: expected a level from 1 to 22, found ''"),
        ("zstd: {", "zstd: expected a level from 1 to 22, found ' {'"),
        ("# zstd", "coding: expected one of none, auto, "), ("zlib:10", "zlib: expected a level from"),
    ])
    func codingIsACoder(_ coding: String, _ message: String) throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let run = try Bantam.run("compress", cnn, small, "--coding", coding)
            #expect(run.status == 64 && run.errors.contains(message), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1 && !run.errors.contains("YAML"))
            #expect(!FileManager.default.fileExists(atPath: small))
        }
    }

    @Test func anUnknownLevelOfTheProcessorIsRefused() throws {
        let run = try Bantam.run("inspect", cnn, environment: ["BANTAM_SIMD": "bogus"])
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors == "bantam: BANTAM_SIMD: expected portable, avx2 or avx512, found 'bogus'\n")
        #expect(try Bantam.run("inspect", cnn, environment: ["BANTAM_SIMD": ""]).status == 0)
    }

    @Test func coderNamesAreShown() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            let compressed = try Bantam.run(
                "compress", cnn, small, "--coding", "zlib", "--prune", "0.9", "--quantize", "8", "--sparse",
                "csr")
            #expect(compressed.status == 0 && compressed.output.contains("coded by"))
            #expect(compressed.output.contains(#/quantized>csr>coded +zlib /#))
            let inspection = try Bantam.run("inspect", small)
            #expect(inspection.output.contains(#/quantized>csr>coded +zlib /#))
            #expect(inspection.output.contains(#/\n  \.codes\.values +int8 +\d+ +(zlib|–) /#))
            let json = try Bantam.run("inspect", small, "--json")
            let root = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let tensors = try #require(root["tensors"] as? [[String: Any]])
            let sparse = try #require(tensors.first { $0["encoding"] as? String == "quantized>csr>coded" })
            #expect(sparse["coders"] as? [String] == ["zlib"])
            let arrays = try #require(sparse["arrays"] as? [[String: Any]])
            #expect(
                arrays.compactMap { $0["part"] as? String } == [
                    "codes.values", "codes.column_indices", "codes.row_pointers", "scales",
                ])
            let bytes = arrays.compactMap { $0["bytes"] as? Int }
            #expect(bytes.reduce(0, +) == sparse["bytes"] as? Int)
            let bits = arrays.reduce(0.0) { sum, array in
                let count = (array["shape"] as? [Int] ?? []).reduce(1, *)
                return sum + (array["entropy_bits"] as? Double ?? 0) * Double(count)
            }
            let elements = (sparse["shape"] as? [Int] ?? []).reduce(1, *)
            let bound = try #require(sparse["bound_bits_per_weight"] as? Double)
            #expect(abs(bits / Double(elements) - bound) < 1e-9)
        }
    }

    @Test func inspectSaysWhatTheorySays() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            #expect(try Bantam.run("compress", cnn, small, "--quantize", "8").status == 0)
            let json = try Bantam.run("inspect", small, "--json")
            let root = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let tensors = try #require(root["tensors"] as? [[String: Any]])
            let coded = tensors.filter { $0["code_entropy_bits"] is Double }
            #expect(!coded.isEmpty)
            for tensor in coded {
                let entropy = try #require(tensor["code_entropy_bits"] as? Double)
                let bound = try #require(tensor["bound_bits_per_weight"] as? Double)
                #expect(entropy > 0 && entropy <= 8 && bound > entropy)
            }
        }
    }

    @Test func aRequirementThatFailsIsExitCodeOne() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            #expect(try Bantam.run("compress", mlp, small, "--quantize", "8").status == 0)
            let evaluation = try Bantam.run("evaluate", mlp, small, "--require", "ratio>=100")
            #expect(evaluation.status == 1)
            #expect(evaluation.errors.contains("does not hold"))
        }
    }

    @Test func theBytesDoNotDependOnThreadsOrProcessor() throws {
        try withTemporaryFolder { (folder: URL) throws in
            var files: [String] = []
            for (index, run) in [("1", "avx512"), ("2", "avx2"), ("4", "portable")].enumerated() {
                let path = folder.appendingPathComponent("\(index).safetensors").path
                let result = try Bantam.run(
                    "compress", mlp, path, "--prune", "0.5", "--scope", "global", "--quantize", "8",
                    "--sparse", "auto",
                    "--threads", run.0, environment: ["BANTAM_SIMD": run.1])
                #expect(result.status == 0)
                files.append(path)
            }
            #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]))
            #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[2]))
        }
    }

    @Test func anExistingOutputIsRefusedUnlessForced() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let small = folder.appendingPathComponent("small.safetensors").path
            #expect(try Bantam.run("compress", cnn, small).status == 0)
            let before = try Data(contentsOf: URL(fileURLWithPath: small))
            let again = try Bantam.run("compress", cnn, small, "--quantize", "8")
            #expect(again.status == 73)
            #expect(try Data(contentsOf: URL(fileURLWithPath: small)) == before)
            #expect(try Bantam.run("compress", cnn, small, "--quantize", "8", "--force").status == 0)
        }
    }

    @Test func everyFailureHasItsCodeAndOneLine() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let out = folder.appendingPathComponent("out.safetensors").path
            let recipe = folder.appendingPathComponent("recipe.yaml").path
            try "rules:\n  - match: nothing\n    keep: true\n  - otherwise: keep\n"
                .write(toFile: recipe, atomically: true, encoding: .utf8)
            let cases: [([String], Int32)] = [
                (["compress", cnn, out, "--quantize", "9"], 64),
                (["compress", cnn, out, "--optimize", "least"], 64),
                (["compress", cnn, out, "--coding", "zstd", "--optimize", "size"], 64),
                (["compress", cnn, out, "--preset", "huge"], 64),
                (["compress", cnn, out, "--preset", "int8", "--quantize", "8"], 64),
                (["compress", cnn, out, "--recipe", recipe], 65),
                (["compress", cnn + "x", out], 66),
                (["compress", cnn, folder.appendingPathComponent("no/such/out.safetensors").path], 73),
                (["decompress", cnn, out], 65),
                (["evaluate", cnn, mlp], 65),
                (["evaluate", cnn, cnn, "--require", "speed>=2"], 64),
                (["nonsense"], 64),
            ]
            for (arguments, status) in cases {
                let result = try Bantam.run(arguments)
                #expect(result.status == status, "\(arguments): \(result.errors)")
                if status != 64 {
                    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
                }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left == ["recipe.yaml"])
        }
    }

    /// A 16-bit float file is one that any tool reads: every array plain, under its own name.
    @Test func halfPrecisionFilesLoadAnywhere() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let half = folder.appendingPathComponent("half.safetensors").path
            for arguments in [["--quantize", "fp16"], ["--preset", "half"]] {
                #expect(try Bantam.run(["compress", cnn, half, "--force"] + arguments).status == 0)
                let file = try SafetensorsFile(half)
                let original = try SafetensorsFile(cnn)
                #expect(Set(file.entries.map(\.name)) == Set(original.entries.map(\.name)))
                #expect(Set(file.entries.map(\.dtype)) == [.float16, .float32])
            }
        }
    }

    @Test func pruningAloneStaysPruned() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let pruned = folder.appendingPathComponent("pruned.safetensors").path
            #expect(try Bantam.run("compress", cnn, pruned, "--prune", "0.5", "--coding", "none").status == 0)
            let file = try CompressedFile(pruned)
            let index = try #require(file.entries.firstIndex { $0.name == "fc1.weight" })
            let zeros = try file.tensor(at: index).array(as: Float.self).count { $0 == 0 }
            #expect(zeros == 120 * 128 / 2)
        }
    }

    @Test func aComparisonLeavesNothingButItsFolder() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let output = folder.appendingPathComponent("comparison").path
            let first = try Bantam.run(
                "compare", cnn, "--recipe", "int8", "--recipe", "half", "--output", output)
            #expect(first.status == 0, "\(first.errors)")
            let names = { try FileManager.default.contentsOfDirectory(atPath: output).sorted() }
            #expect(
                try names() == [
                    "half.safetensors", "int8.safetensors", "report.html", "report.json", "report.md",
                ])
            #expect(try Bantam.run("compare", cnn, "--recipe", "int8", "--output", output).status == 73)
            let again = try Bantam.run(
                "compare", cnn, "--recipe", "int8", "--output", output, "--force", "--reports-only")
            #expect(again.status == 0)
            #expect(try names() == ["report.html", "report.json", "report.md"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["comparison"])
        }
    }

    /// With recipes the curve is one more section; alone it is a report as well.
    @Test func aCurveNeedsNoRecipe() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let output = folder.appendingPathComponent("curve/").path
            let result = try Bantam.run(
                "compare", cnn, "--curve", "--network", network("digits-cnn"), "--data", data("digits-cnn"),
                "--output", output)
            #expect(result.status == 0, "\(result.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["curve"])
            let names = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
            #expect(names == ["report.html", "report.json", "report.md"])
            let json = try Data(contentsOf: URL(fileURLWithPath: output + "/report.json"))
            let root = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
            let curve = try #require(root["curve"] as? [String: Any])
            let points = try #require(curve["points"] as? [[String: Any]])
            #expect((root["candidates"] as? [Any])?.isEmpty == true && points.count == 19)
            for point in points {
                #expect(point["accuracy"] is Double && point["sqnr_db"] is Double)
                #expect((point["bits_per_weight"] as? Double ?? 0) > 0.5)
            }
            for name in ["report.html", "report.md"] {
                let text = try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8)
                #expect(text.contains("What a bit buys") && text.contains("int4 group:32"))
            }
            #expect(result.output.contains("rate-distortion 30 dB"))
        }
        #expect(try Bantam.run("compare", cnn, "--output", "nowhere").status == 64)
    }

    @Test func jsonMayStandBeforeTheFiles() throws {
        for arguments in [
            ["--json", cnn, cnn], [cnn, cnn, "--json"], [cnn, "--json", cnn], [cnn, cnn, "--json", "-"],
        ] {
            let result = try Bantam.run(["evaluate"] + arguments)
            #expect(result.status == 0)
            let root = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(root?["bantam"] as? String == "1")
        }
    }

    @Test func aDryRunWritesNothing() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let out = folder.appendingPathComponent("out.safetensors").path
            let result = try Bantam.run("compress", cnn, out, "--preset", "small", "--dry-run")
            #expect(result.status == 0)
            #expect(result.output.contains("nothing was written"))
            #expect(!FileManager.default.fileExists(atPath: out))
        }
    }

    private func network(_ sample: String) -> String {
        Bantam.samples.appendingPathComponent("\(sample)/network.yaml").path
    }
    private func data(_ sample: String) -> String {
        Bantam.samples.appendingPathComponent("\(sample)/test.npz").path
    }
    private func size(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? -1
    }
}
