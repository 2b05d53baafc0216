import ArgumentParser
import Bantam

/// `bantam evaluate`: the second file beside the first.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Compare two files: errors, size, and with a network and data accuracy and time.",
        discussion: """
            Both files may be plain or compressed, of any format, written by any tool; the tensors are paired by \
            name. A --require is METRIC>=VALUE or METRIC<=VALUE: a value with a sign is the change against the \
            original, one without is absolute. If one does not hold, the exit code is 1.

            EXAMPLES
              bantam evaluate model.safetensors small.safetensors
              bantam evaluate model.safetensors small.safetensors --network network.yaml --data test.npz \\
                --html report.html --require 'accuracy>=-0.5%' --require 'ratio>=4'
              bantam evaluate model.safetensors from-another-tool.npz --json
            """)

    @Argument(help: "The original weights.", completion: .file())
    var original: String

    @Argument(help: "The compressed weights.", completion: .file())
    var compressed: String

    @OptionGroup var networkOptions: NetworkOptions

    @Option(
        name: .customLong("json"), defaultAsFlag: "-", parsing: .next,
        help: ArgumentHelp(
            "Write the figures as JSON to this file, or to standard output.", valueName: "FILE"))
    var json: String?

    @Option(help: ArgumentHelp("Write a report as one HTML file.", valueName: "FILE"))
    var html: String?

    @Option(help: ArgumentHelp("Write a report as Markdown.", valueName: "FILE"))
    var markdown: String?

    @Option(
        help: ArgumentHelp(
            "Exit with 1 unless this holds; may be given several times.", valueName: "METRIC>=VALUE"))
    var require: [String] = []

    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let requirements = try require.map { try Requirement($0) }
        let bench = try TestBench(networkOptions, workers: common.workers)
        let source = try ModelFile.open(original, workers: common.workers)
        let candidate = try ModelFile.open(compressed, workers: common.workers)
        let evaluation = try bench.evaluate(source, candidate)
        let checks = try requirements.map { try $0.check(evaluation) }

        let report = Report(
            Comparison(
                title: "\(fileName(compressed)) beside \(fileName(original))", command: CommandLineText.this,
                candidates: [
                    Comparison.Candidate(
                        name: fileName(compressed), recipe: "", evaluation: evaluation, passSeconds: [],
                        notes: [])
                ]))
        let force = outputOptions.force
        if let json, json != "-" {
            try OutputFile.write(evaluation.json().prettyText, to: json, overwriting: force)
        }
        if let html { try OutputFile.write(report.html(), to: html, overwriting: force) }
        if let markdown { try OutputFile.write(report.markdown(), to: markdown, overwriting: force) }
        if json == "-" {
            print(evaluation.json().prettyText, terminator: "")
        } else {
            for line in EvaluationTable(evaluation).lines(width: Terminal.width) { Terminal.output(line) }
        }
        for check in checks { common.note((check.holds ? "holds: " : "does not hold: ") + check.message) }
        if checks.contains(where: { !$0.holds }) { throw ExitCode(1) }
    }
}
