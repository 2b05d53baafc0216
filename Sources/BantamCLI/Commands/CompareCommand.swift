import ArgumentParser
import Bantam

/// `bantam compare`: several recipes on one model, one report.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Run several recipes over one model and write one comparison report.",
        discussion: """
            The output folder gets report.html, report.md, report.json, and the compressed files, named after their \
            recipes (unless --reports-only). A --recipe is a file, or the name of a preset.

            With --curve the report also shows how error and accuracy grow with the bits: rate-distortion \
            quantization from 3 to 48 dB beside codes of 2 to 8 bits, palettes and small floats, each with its real \
            file, and the Gaussian bound. That is 19 compressions more. --curve needs no --recipe.

            EXAMPLE
              bantam compare model.safetensors --recipe lossless --recipe int8 --recipe mine.yaml \\
                --network network.yaml --data test.npz --output comparison/
              bantam compare model.safetensors --curve --output curve/
            """)

    @Argument(help: "The weight file, manifest or folder.", completion: .file())
    var original: String

    @Option(
        help: ArgumentHelp("A recipe file or a preset; give one for each to compare.", valueName: "RECIPE"))
    var recipe: [String] = []

    @Option(help: ArgumentHelp("The folder to write.", valueName: "FOLDER"), completion: .directory)
    var output: String

    @OptionGroup var networkOptions: NetworkOptions

    @Flag(
        help: "Add a rate-distortion curve of the model: bits per weight against error, and against accuracy."
    )
    var curve = false

    @Option(help: ArgumentHelp("The report's title; by default the model's name.", valueName: "TEXT"))
    var title: String?

    @Flag(help: "Do not leave the compressed files in the folder.")
    var reportsOnly = false

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if recipe.isEmpty && !curve { throw ValidationError("expected at least one --recipe, or --curve") }
    }

    func run() throws {
        let recipes = try recipe.map { try namedRecipe($0) }
        if let twice = Dictionary(grouping: recipes, by: CompareCommand.outputName).first(where: {
            $1.count > 1
        }) {
            throw BantamError(
                .invalidArgument, "two recipes are called '\(twice.value[0].name)'; give them different names"
            )
        }
        let source = try inputOptions.open(original)
        let plans = try recipes.map { try Plan($0, for: source) }
        let bench = try TestBench(networkOptions, workers: common.workers)
        let folder = try outputFolder()
        // Files of a folder that is never committed have no names and go with the command.
        let filesFolder = reportsOnly ? try outputFolder() : folder
        let candidates = try plans.map { try candidate($0, source, bench, in: filesFolder) }
        var comparison = Comparison(
            title: title ?? fileName(original), command: CommandLineText.this, candidates: candidates)
        if curve {
            // Beside the folder, which is not there yet.
            let path = output.replacing(/\/+$/, with: "")
            comparison.curve = try bench.curve(of: source, triedBeside: path, quiet: common.quiet)
            comparison.curve?.original.path = fileName(original)
        }
        let report = Report(comparison)
        try folder.file("report.html").write(report.html())
        try folder.file("report.md").write(report.markdown())
        try folder.file("report.json").write(comparison.json().prettyText)
        try folder.commit()
        if !candidates.isEmpty {
            try Terminal.output(report.summaryTable(width: Terminal.width).description)
        }
        if let curve = comparison.curve {
            for line in CurveTable(curve).lines(width: Terminal.width) { try Terminal.output(line) }
            for note in curve.notes { common.note("left out: \(note)") }
        }
        for verdict in report.verdicts { common.note(verdict.sentence.plain) }
        try Terminal.output("report: \(folder.path(of: "report.html"))")
    }

    /// The folder of the comparison; with --force it replaces one that holds nothing but a comparison.
    private func outputFolder() throws -> OutputFolder {
        try OutputFolder(output, overwriting: outputOptions.force) {
            $0.hasSuffix(".safetensors") || ["report.html", "report.md", "report.json"].contains($0)
        }
    }

    /// The preset of that name, else the recipe in a file: `./int8` is always a file.
    private func namedRecipe(_ argument: String) throws -> Recipe {
        if let preset = try? Preset.named(argument) { return try preset.recipe() }
        return try Recipe(contentsOf: argument)
    }

    /// Runs one recipe and evaluates what came of it.
    private func candidate(
        _ plan: Plan, _ source: any TensorFile, _ bench: TestBench, in folder: OutputFolder
    ) throws -> Comparison.Candidate {
        let recipe = plan.recipe
        let name = CompareCommand.outputName(of: recipe)
        let file = try folder.file(name)
        let bar = ProgressBar(recipe.name, total: source.tensorByteCount, quiet: common.quiet)
        defer { bar.finish() }
        let compression = try Compression(plan, of: source, to: file, workers: common.workers) {
            bar.advance(by: $0)
        }
        bar.finish()
        var evaluation = try bench.evaluate(
            source, CompressedFile(file.readablePath, workers: common.workers))
        evaluation.original.path = fileName(original)
        evaluation.compressed.path = name
        return Comparison.Candidate(
            name: recipe.name, recipe: recipe.text, evaluation: evaluation,
            passSeconds: compression.passSeconds, notes: compression.notes)
    }

    /// A recipe's name as a file name.
    private static func outputName(of recipe: Recipe) -> String {
        let name = String(recipe.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
        return (name.isEmpty || name.hasPrefix(".") ? "_" + name : name) + ".safetensors"
    }
}
