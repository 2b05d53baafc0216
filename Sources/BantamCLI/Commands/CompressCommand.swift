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

            With --bpw, --size or --sqnr matrices of 1,024 elements or more are quantized by rate and distortion with \
            one step for all of them, which is sought; other floats become float16.

            With --network and --data beside --bpw or --size bits go where they matter for the network's outputs: \
            what an error in each tensor costs there is measured on up to 256 of the inputs, no labels needed. \
            --save-recipe keeps the measured weights.

            With --base only what differs from another model is stored, losslessly, where that takes less: the \
            model before fine-tuning, an earlier checkpoint. Decompression then needs the same base. Tensors \
            correspond by name, dtype and shape. Passes do not run over tensors that did not change.

            With --max-loss, --network and --data the smallest file is looked for that loses at most that: the step of \
            each tensor is chosen on one half of the data and the loss reported on the other half, with its 95 % \
            interval. If that half loses more than was promised, nothing is written and the exit code is 1.

            The output is a valid .safetensors file; 'bantam decompress' brings the tensors back.

            EXAMPLES
              bantam compress model.safetensors small.safetensors
              bantam compress model.safetensors small.safetensors --quantize 8
              bantam compress model.npz small.safetensors --prune 0.8 --quantize 8 --sparse auto
              bantam compress weights/ small.safetensors --low-rank energy=0.95 --dry-run
              bantam compress model.safetensors small.safetensors --recipe mine.yaml
              bantam compress model.safetensors small.safetensors --bpw 3.5
              bantam compress model.safetensors small.safetensors --size 25% --save-recipe mine.yaml
              bantam compress model.safetensors small.safetensors --bpw 3 --network network.yaml --data inputs.npz
              bantam compress fine-tuned.safetensors small.safetensors --base model.safetensors
              bantam compress model.safetensors small.safetensors --max-loss accuracy=0.5% \\
                --network network.yaml --data validation.npz
            """)

    @Argument(help: "The weight file, manifest or folder.", completion: .file())
    var input: String

    @Argument(help: "The compressed file to write.", completion: .file())
    var output: String

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup(title: "What to do") var recipeOptions: RecipeOptions

    @Option(
        help: ArgumentHelp(
            "Store what differs from this model: any tensor file, which decompression will need.",
            valueName: "FILE"),
        completion: .file())
    var base: String?

    @OptionGroup(title: "What a network loses") var lossOptions: LossOptions

    @Option(
        help: ArgumentHelp(
            "Write the recipe with the step that --bpw, --size, --sqnr or a recipe's budget came to and the weights that were measured, or with the steps that --max-loss found; it gives the same file without a search.",
            valueName: "FILE"),
        completion: .file())
    var saveRecipe: String?

    @Flag(help: "Print the plan with estimated sizes, and write nothing.")
    var dryRun = false

    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard lossOptions.maxLoss != nil else {
            guard lossOptions.networkOptions.files != nil else { return }
            guard recipeOptions.mayHaveBudget else {
                throw ValidationError(
                    "--network and --data go with --max-loss, --bpw, --size or a recipe with such a budget")
            }
            if base != nil {
                throw ValidationError(
                    "--network and --data measure weights without a base: expected no --base")
            }
            return
        }
        if recipeOptions.choosesPasses || base != nil {
            throw ValidationError(
                "--max-loss chooses the passes itself: expected no recipe, preset, pass, --coding or --base with it"
            )
        }
    }

    func run() throws {
        let source = try inputOptions.open(input)
        let recipe = try searched(source) ?? weighted(recipeOptions.resolved(), source)
        let plan = try Plan(recipe, for: source)
        let base = try base.map { try BaseFile(contentsOf: $0) }
        if dryRun {
            let estimate = try Estimate(plan, of: source, base: base, workers: common.workers)
            try CompressionTable(estimate.outcomes).print(quiet: false)
            for note in Compression.notes(of: estimate.outcomes) { common.note(note) }
            try print(base, estimate.outcomes)
            try save(recipe, estimate.budget)
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
            plan, of: source, base: base, to: OutputFile(output, overwriting: outputOptions.force),
            workers: common.workers
        ) { bar.advance(by: $0) }
        bar.finish()
        try CompressionTable(compression.outcomes).print(quiet: common.quiet)
        for note in compression.notes { common.note(note) }
        try print(base, compression.outcomes)
        try save(recipe, compression.budget.map { ($0.step, $0.trained) })
        if let budget = compression.budget {
            try Terminal.output("\(budget.note), step \(budget.step)")
        }
        if compression.sharedByteCount > 0 {
            try Terminal.output(
                "equal arrays stored once: \(Format.bytes(compression.sharedByteCount)) saved")
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try Terminal.output(
            "\(output): \(Format.bytes(compression.originalByteCount)) → \(Format.bytes(compression.byteCount)), "
                + "\(Format.ratio(compression.ratio)), \(Format.bitsPerWeight(compression.bitsPerWeight)) bits per weight, "
                + "\(Format.seconds(seconds))")
        if compression.byteCount >= compression.originalByteCount {
            common.note("warning: the compressed file is not smaller than the original")
        }
    }

    /// Writes the recipe that leads to the same file without a search.
    private func save(_ recipe: Recipe, _ steps: (step: Float, trained: Float)?) throws {
        guard let saveRecipe else { return }
        let text = try steps.map { try recipe.replaying(step: $0.step, trained: $0.trained) } ?? recipe.text
        let file = try OutputFile(saveRecipe, overwriting: outputOptions.force)
        try file.write(text)
        try file.commit()
    }

    /// The recipe that a search finds, if one is asked for.
    private func searched(_ source: any TensorFile) throws -> Recipe? {
        guard let text = lossOptions.maxLoss, let files = lossOptions.networkOptions.files else { return nil }
        // Outputs that cannot be had should not cost a search.
        let json = try lossOptions.searchJSON.map { try OutputFile($0, overwriting: outputOptions.force) }
        if !dryRun { try OutputFile.check(output, overwriting: outputOptions.force) }
        let start = ContinuousClock.now
        let search = try LossSearch(
            of: source, network: Network(contentsOf: files.network), data: TensorFiles.open(files.data),
            bound: LossBound(text), seed: lossOptions.splitSeed,
            optimize: recipeOptions.optimization ?? .size,
            workers: common.workers)
        let result = try search.run(triedBeside: output)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try json?.write(result.json.prettyText)
        try json?.commit()
        if !common.quiet {
            for line in LossSearchTable(result, seconds: seconds).lines(width: Terminal.width) {
                try Terminal.output(line)
            }
        }
        guard result.isKept else {
            Terminal.error("bantam: " + LossSearchTable.broken(result, output: output))
            throw ExitCode(1)
        }
        for note in LossSearchTable.notes(result) { common.note(note) }
        return try result.recipe()
    }

    /// The recipe, its budget weighted by measured sensitivity if there is a network to measure it with.
    private func weighted(_ recipe: Recipe, _ source: any TensorFile) throws -> Recipe {
        guard let files = lossOptions.networkOptions.files else { return recipe }
        // An output that cannot be had should not cost a search.
        if !dryRun { try OutputFile.check(output, overwriting: outputOptions.force) }
        let start = ContinuousClock.now
        let bytes = source.tensorByteCount
        var search = try SensitivitySearch(
            of: source, recipe: recipe, network: Network(contentsOf: files.network),
            data: TensorFiles.open(files.data), workers: common.workers)
        let bar = ProgressBar("measuring", total: search.trialCount * bytes, quiet: common.quiet)
        defer { bar.finish() }
        search.progress = { bar.advance(by: bytes) }
        let result = try search.run(triedBeside: output)
        bar.finish()
        let text = SensitivityText(result, seconds: (ContinuousClock.now - start) / .seconds(1))
        if !common.quiet { try Terminal.output(text.summary) }
        for note in text.notes { common.note(note) }
        return result.recipe
    }

    /// What the base was good for.
    private func print(_ base: BaseFile?, _ outcomes: [Compression.Outcome]) throws {
        guard let base else { return }
        let kinds: [(Prediction, String)] = [
            (.predicted, "predicted"), (.unchanged, "unchanged"), (.notSmaller, "smaller without"),
            (.withoutCounterpart, "without counterpart"),
        ]
        let counts = kinds.map { kind, text in
            "\(outcomes.count { $0.prediction == kind }) \(text)"
        }
        try Terminal.output("base \(oneLine(base.path)): " + counts.joined(separator: ", "))
        if !outcomes.contains(where: { $0.prediction == .predicted || $0.prediction == .unchanged }) {
            common.note("warning: the base was no help, and decompression will not need it")
        }
    }
}
