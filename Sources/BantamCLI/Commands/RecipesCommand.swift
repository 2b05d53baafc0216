import ArgumentParser
import Bantam

/// `bantam recipes`: list the presets, print one, validate one.
struct RecipesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipes",
        abstract: "List the recipes that come with bantam, print one, or check one of yours.",
        discussion: """
            EXAMPLES
              bantam recipes
              bantam recipes show small > mine.yaml
              bantam recipes check mine.yaml
            """,
        subcommands: [List.self, Show.self, Check.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the recipes that come with bantam.")

        func run() throws {
            var table = Table([.text("preset"), .text("what it does")])
            table.rows = Preset.all.map { [$0.name, $0.summary] }
            for line in table.lines(width: Terminal.width) { try Terminal.output(line) }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a preset as YAML, to start your own from.")

        @Argument(help: "The preset's name.", completion: .list(Preset.all.map(\.name)))
        var name: String

        func run() throws { try Terminal.output(raw: Preset.named(name).text) }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a recipe file; exit code 65 if it is wrong.")

        @Argument(help: "The recipe file.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String

        @Option(help: ArgumentHelp("Also resolve it against the tensors of this model.", valueName: "MODEL"))
        var model: String?

        func run() throws {
            let recipe = try Recipe(contentsOf: file)
            if let model { _ = try Plan(recipe, for: ModelFile.open(model)) }
            try Terminal.output(
                "\(file): good; \(Format.count(recipe.rules.count, "rule")), coding \(recipe.coding)")
        }
    }
}
