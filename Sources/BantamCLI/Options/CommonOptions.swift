import ArgumentParser
import Bantam

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "No progress, no notes; results and errors only.")
    var quiet = false

    @Option(help: ArgumentHelp("Work on this many threads. The results do not depend on it.", valueName: "N"))
    var threads: Int?

    var workers: Workers { threads.map { Workers($0) } ?? Workers() }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads: expected a number from 1 to 1024, found \(threads)")
        }
    }

    /// Says what the user should know, on standard error.
    func note(_ text: String) { if !quiet { Terminal.error(text) } }
}

/// For commands that write a file.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Replace the output if it exists.")
    var force = false
}

/// For commands that may be given a bare file of numbers.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to read a bare binary file without a manifest, such as dtype=float32,shape=300x64.",
            valueName: "LAYOUT"))
    var raw: String?

    func open(_ path: String, base: BaseFile? = nil) throws -> any TensorFile {
        try ModelFile.open(path, raw: raw.map { try RawLayout(parsing: $0) }, base: base)
    }
}

/// For commands that read what was compressed against a base.
struct BaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The model that the file was compressed against, if it was: any tensor file with its tensors.",
            valueName: "FILE"),
        completion: .file())
    var base: String?

    func open() throws -> BaseFile? { try base.map { try BaseFile(contentsOf: $0) } }

    /// Says so if a base was given that none of the files needs.
    func noteIfUnneeded(by files: [any TensorFile], _ common: CommonOptions) {
        guard let base, !files.contains(where: { ($0 as? CompressedFile)?.neededBase != nil }) else { return }
        common.note("note: \(base) is not needed: nothing was compressed against a base")
    }
}
