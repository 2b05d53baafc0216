import BantamTestSupport
import Foundation
import Synchronization
import Testing

/// The built command over every file that the modules' tests know to be bad: one line that names the file, an exit
/// code that blames the input, and nothing left behind.
@Suite struct HostileFileTests {
    /// The hostile files of a folder of the tests.
    static func corpus(_ folder: String, _ suffix: String) throws -> [String] {
        let url = Bantam.tests.appendingPathComponent(folder)
        let files = try FileManager.default.contentsOfDirectory(atPath: url.path)
            .filter { $0.hasSuffix(suffix) }.sorted().map { url.appendingPathComponent($0).path }
        #expect(files.count >= 30, "\(folder)")
        return files
    }

    /// Files of tensors, by folder.
    static let tensorFiles = [
        ("BantamLoadersTests/Hostile/safetensors", ".safetensors"),
        ("BantamLoadersTests/Hostile/npy", ".npy"),
        ("BantamLoadersTests/Hostile/npz", ".npz"), ("BantamLoadersTests/Hostile/manifest", ".json"),
        ("BantamArchiveTests/Hostile", ".safetensors"),
    ]

    /// Runs the command over each file and expects it to be refused.
    ///
    /// - Parameter arguments: the command line for a file and an empty folder for output.
    static func expectRefusal(of files: [String], _ arguments: @escaping @Sendable (String, URL) -> [String])
        throws
    {
        let faults = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
            let file = files[index]
            do {
                try withTemporaryFolder { folder in
                    let run = try Bantam.run(arguments(file, folder))
                    let name = URL(fileURLWithPath: file).lastPathComponent
                    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                    let isRefused =
                        [64, 65, 66].contains(run.status) && run.errors.hasSuffix("\n")
                        && run.errors.count(where: \.isNewline) == 1 && run.errors.contains(name)
                    guard isRefused, left.isEmpty else {
                        faults.withLock {
                            $0.append("\(file): exit \(run.status), left \(left): \(run.errors)")
                        }
                        return
                    }
                }
            } catch {
                faults.withLock { $0.append("\(file): \(error)") }
            }
        }
        for fault in faults.withLock({ $0 }).sorted() { Issue.record(Comment(rawValue: fault)) }
    }

    @Test("inspect refuses every hostile file", arguments: tensorFiles)
    func inspect(_ folder: String, _ suffix: String) throws {
        try Self.expectRefusal(of: Self.corpus(folder, suffix)) { file, _ in ["inspect", file] }
    }

    @Test("compress and convert leave nothing behind", arguments: tensorFiles)
    func compress(_ folder: String, _ suffix: String) throws {
        let files = try Self.corpus(folder, suffix).enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
        try Self.expectRefusal(of: files) { file, folder in
            ["compress", file, folder.appendingPathComponent("out.safetensors").path, "--preset", "int8"]
        }
        try Self.expectRefusal(of: files) { file, folder in
            ["convert", file, folder.appendingPathComponent("out.npz").path]
        }
    }

    @Test("verify and decompress refuse every hostile compressed file", arguments: ["verify", "decompress"])
    func compressed(_ command: String) throws {
        try Self.expectRefusal(of: Self.corpus("BantamArchiveTests/Hostile", ".safetensors")) {
            file, folder in
            command == "verify"
                ? ["verify", file]
                : ["decompress", file, folder.appendingPathComponent("out.safetensors").path]
        }
    }

    @Test("recipes check refuses every hostile recipe")
    func recipes() throws {
        try Self.expectRefusal(of: Self.corpus("BantamRecipesTests/Hostile", ".yaml")) { file, _ in
            ["recipes", "check", file]
        }
    }

    @Test("compress refuses hostile recipes and leaves nothing behind")
    func compressWithRecipe() throws {
        let weights = Bantam.samples.appendingPathComponent("digits-cnn/model.safetensors").path
        let files = try Self.corpus("BantamRecipesTests/Hostile", ".yaml").enumerated()
            .filter { $0.offset % 4 == 0 }.map(\.element)
        try Self.expectRefusal(of: files) { file, folder in
            ["compress", weights, folder.appendingPathComponent("out.safetensors").path, "--recipe", file]
        }
    }

    @Test("evaluate refuses every hostile network")
    func networks() throws {
        let sample = Bantam.samples.appendingPathComponent("digits-cnn")
        let weights = sample.appendingPathComponent("model.safetensors").path
        let data = sample.appendingPathComponent("test.npz").path
        try Self.expectRefusal(of: Self.corpus("BantamInferenceTests/Hostile", ".yaml")) { file, folder in
            [
                "evaluate", weights, weights, "--network", file, "--data", data, "--json",
                folder.appendingPathComponent("out.json").path,
            ]
        }
    }
}
