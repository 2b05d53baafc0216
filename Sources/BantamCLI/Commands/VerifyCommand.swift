import ArgumentParser
import Bantam

/// `bantam verify`: check structure and every checksum.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a file's structure, and every checksum of a compressed one.",
        discussion: """
            Plain files have no checksums: for them the structure is checked and every tensor is read. Exit code 65 \
            if anything is wrong. Of a file that was compressed against a base everything stored is checked; with \
            --base also that the tensors come back.

            EXAMPLES
              bantam verify small.safetensors
              bantam verify small.safetensors --base original.safetensors
            """)

    @Argument(help: "The file to check.", completion: .file())
    var file: String

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var baseOptions: BaseOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let source = try inputOptions.open(file, base: baseOptions.open())
        baseOptions.noteIfUnneeded(by: [source], common)
        if let compressed = source as? CompressedFile {
            try compressed.verify(workers: common.workers)
            try Terminal.output(
                "\(file): good; \(Format.count(source.entries.count, "tensor")), "
                    + result(compressed))
        } else {
            try common.workers.forEach(source.entries.count) { _ = try source.tensor(at: $0) }
            try Terminal.output(
                "\(file): \(source.format), well formed; \(Format.count(source.entries.count, "tensor")), no checksums to test"
            )
        }
    }

    /// What holds, and what cannot be checked without the base.
    private func result(_ file: CompressedFile) -> String {
        guard file.base == nil, let needed = file.neededBase else { return "every checksum holds" }
        return "every checksum of what is stored holds; \(file.predictedCount) need the base "
            + "'\(oneLine(needed.file))' (checksum \(needed.checksum)) to come back: give it with --base to check them too"
    }
}
