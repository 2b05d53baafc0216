import ArgumentParser
import Bantam

/// `bantam inspect`: what is in a file.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the tensors of a file: dtype, shape, bytes, statistics, entropy, how they are held.",
        discussion: """
            Entropy is that of order 0 in bits per element: what an ideal coder needs that looks at one element at a \
            time. Of elements wider than 16 bits with over 2^20 different values, or most of which occur once, '≤' \
            marks an upper bound instead: of floats the entropy of the upper 16 bits, plus the bits below them but \
            for lowest ones that are zero in the whole tensor; of integers the sum over their bytes. 'exponent' is \
            the entropy of the exponents, 'codes' that of what stands in the file instead of the values. 'bound' is \
            that of all arrays held for the tensor, in bits per weight, 'bpw' what the file uses, 'above' the \
            distance: below zero where a coder sees more than single elements. Of a compressed file 'coded by' \
            names the coders; a tensor that is held by several arrays has a row for each of them below it.

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
