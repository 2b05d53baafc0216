import ArgumentParser
import Bantam

/// `bantam compress`: run a recipe, write the smaller file, print the true sizes.
struct CompressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compress",
        abstract: "Run a recipe over a weight file and write a smaller one.",
        discussion: """
            With neither recipe, preset nor passes the file is compressed losslessly. Pass flags apply to float \
            tensors of rank 2 or more with 1,024 elements or more; the rest is kept, and the output says so. They \
            run in the order low-rank, prune, quantize, sparse, coding.

            The output is a valid .safetensors file; 'bantam decompress' brings the tensors back.

            EXAMPLES
              bantam compress model.safetensors small.safetensors
              bantam compress model.safetensors small.safetensors --quantize 8
              bantam compress model.npz small.safetensors --prune 0.8 --quantize 8 --sparse auto
              bantam compress weights/ small.safetensors --low-rank energy=0.95 --dry-run
              bantam compress model.safetensors small.safetensors --recipe mine.yaml
            """)

    @Argument(help: "The weight file, manifest or folder.", completion: .file())
    var input: String

    @Argument(help: "The compressed file to write.", completion: .file())
    var output: String

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup(title: "What to do") var recipeOptions: RecipeOptions

    @Flag(help: "Print the plan with estimated sizes, and write nothing.")
    var dryRun = false

    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let recipe = try recipeOptions.resolved()
        let source = try inputOptions.open(input)
        let plan = try Plan(recipe, for: source)
        if dryRun {
            let estimate = try Estimate(plan, of: source, workers: common.workers)
            try CompressionTable(estimate.outcomes).print(quiet: false)
            for note in Compression.notes(of: estimate.outcomes) { common.note(note) }
            let elements = source.entries.reduce(0) { $0 + $1.shape.elementCount }
            try Terminal.output(
                "estimated: \(Format.bytes(source.fileByteCount)) → \(Format.bytes(estimate.byteCount)), "
                    + "\(Format.ratio(Double(source.fileByteCount) / Double(max(estimate.byteCount, 1)))), "
                    + "\(Format.bitsPerWeight(8 * Double(estimate.byteCount) / Double(max(elements, 1)))) bits per weight"
                    + (estimate.isSampled ? " (large tensors from samples)" : "") + "; nothing was written")
            return
        }
        if !output.lowercased().hasSuffix(".safetensors") {
            common.note("note: \(output) will be a safetensors file, whatever its name says")
        }
        let start = ContinuousClock.now
        let bar = ProgressBar("compressing", total: source.tensorByteCount, quiet: common.quiet)
        defer { bar.finish() }
        let compression = try Compression(
            plan, of: source, to: OutputFile(output, overwriting: outputOptions.force),
            workers: common.workers
        ) { bar.advance(by: $0) }
        bar.finish()
        try CompressionTable(compression.outcomes).print(quiet: common.quiet)
        for note in compression.notes { common.note(note) }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try Terminal.output(
            "\(output): \(Format.bytes(compression.originalByteCount)) → \(Format.bytes(compression.byteCount)), "
                + "\(Format.ratio(compression.ratio)), \(Format.bitsPerWeight(compression.bitsPerWeight)) bits per weight, "
                + "\(Format.seconds(seconds))")
        if compression.byteCount >= compression.originalByteCount {
            common.note("warning: the compressed file is not smaller than the original")
        }
    }
}
