import ArgumentParser
import Bantam

/// `bantam inspect`: what is in a file.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the tensors of a file: dtype, shape, bytes, statistics, entropy, how they are held.",
        discussion: """
            Entropy is that of order 0 in bits per element: what an ideal coder that looks at one element at a time \
            would need. For elements of 32 bits and more it is summed over their bytes.

            EXAMPLES
              bantam inspect model.safetensors
              bantam inspect small.safetensors --json
            """)

    @Argument(help: "The weight file, compressed file, manifest or folder.", completion: .file())
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var baseOptions: BaseOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let source = try inputOptions.open(file, base: baseOptions.open())
        baseOptions.noteIfUnneeded(by: [source], common)
        let inspection = try Inspection(source, workers: common.workers)
        if json {
            try Terminal.output(raw: inspection.json.prettyText)
        } else {
            for line in InspectionTable(inspection).lines(width: Terminal.width) { try Terminal.output(line) }
        }
    }
}
