import ArgumentParser
import Bantam
import Foundation

/// `bantam compare`: several recipes on one model, one report.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Run several recipes over one model and write one comparison report.",
        discussion: """
            The output folder gets report.html, report.md, report.json, and the compressed files, named after their \
            recipes (unless --reports-only). A --recipe is a file, or the name of a preset.

            EXAMPLE
              bantam compare model.safetensors --recipe lossless --recipe int8 --recipe mine.yaml \\
                --network network.yaml --data test.npz --output comparison/
            """)

    @Argument(help: "The weight file, manifest or folder.", completion: .file())
    var original: String

    @Option(
        help: ArgumentHelp("A recipe file or a preset; give one for each to compare.", valueName: "RECIPE"))
    var recipe: [String] = []

    @Option(help: ArgumentHelp("The folder to write.", valueName: "FOLDER"), completion: .directory)
    var output: String

    @OptionGroup var networkOptions: NetworkOptions

    @Option(help: ArgumentHelp("The report's title; by default the model's name.", valueName: "TEXT"))
    var title: String?

    @Flag(help: "Do not leave the compressed files in the folder.")
    var reportsOnly = false

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if recipe.isEmpty { throw ValidationError("expected at least one --recipe") }
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
        let folder = try ComparisonFolder(output, overwriting: outputOptions.force)
        let candidates = try plans.map { try candidate($0, source, bench, in: folder) }
        let comparison = Comparison(
            title: title ?? fileName(original), command: CommandLineText.this, candidates: candidates)
        let report = Report(comparison)
        try OutputFile.write(report.html(), to: folder.path("report.html"), overwriting: false)
        try OutputFile.write(report.markdown(), to: folder.path("report.md"), overwriting: false)
        try OutputFile.write(comparison.json().prettyText, to: folder.path("report.json"), overwriting: false)
        try folder.commit()
        Terminal.output(report.summaryTable(width: Terminal.width).description)
        for verdict in report.verdicts { common.note(verdict.sentence.plain) }
        Terminal.output("report: \(folder.finalPath("report.html"))")
    }

    /// A recipe file, or the preset of that name.
    private func namedRecipe(_ argument: String) throws -> Recipe {
        if Preset.all.contains(where: { $0.name == argument }),
            !FileManager.default.fileExists(atPath: argument)
        {
            return try Preset.named(argument).recipe()
        }
        return try Recipe(contentsOf: argument)
    }

    /// Runs one recipe and evaluates what came of it.
    private func candidate(
        _ plan: Plan, _ source: any TensorFile, _ bench: TestBench, in folder: ComparisonFolder
    ) throws -> Comparison.Candidate {
        let recipe = plan.recipe
        let file = folder.path(CompareCommand.outputName(of: recipe))
        let bar = ProgressBar(recipe.name, quiet: common.quiet)
        defer { bar.finish() }
        let compression = try Compression(plan, of: source, to: file, workers: common.workers) {
            bar.update(done: $0.doneBytes, total: $0.totalBytes)
        }
        var evaluation = try bench.evaluate(source, CompressedFile(file, workers: common.workers))
        evaluation.original.path = fileName(original)
        evaluation.compressed.path = CompareCommand.outputName(of: recipe)
        if reportsOnly { unlink(file) }
        return Comparison.Candidate(
            name: recipe.name, recipe: recipe.text, evaluation: evaluation,
            passSeconds: compression.passSeconds,
            notes: compression.notes)
    }

    /// A recipe's name as a file name.
    private static func outputName(of recipe: Recipe) -> String {
        String(recipe.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
            + ".safetensors"
    }
}
