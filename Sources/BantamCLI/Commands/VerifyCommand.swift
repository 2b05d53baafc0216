import ArgumentParser
import Bantam

/// `bantam verify`: check structure and every checksum.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a file's structure, and every checksum of a compressed one.",
        discussion: """
            Plain files have no checksums: for them the structure is checked and every tensor is read. Exit code 65 \
            if anything is wrong.

            EXAMPLE
              bantam verify small.safetensors
            """)

    @Argument(help: "The file to check.", completion: .file())
    var file: String

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let source = try inputOptions.open(file)
        if let compressed = source as? CompressedFile {
            try compressed.verify(workers: common.workers)
            try Terminal.output(
                "\(file): good; \(Format.count(source.entries.count, "tensor")), every checksum holds")
        } else {
            try common.workers.forEach(source.entries.count) { _ = try source.tensor(at: $0) }
            try Terminal.output(
                "\(file): \(source.format), well formed; \(Format.count(source.entries.count, "tensor")), no checksums to test"
            )
        }
    }
}
