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
        name: .customLong("json"),
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

    @OptionGroup var baseOptions: BaseOptions
    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        // Every output is begun before the work, so that a bad path costs no time, and named after all is done.
        let outputs = try [json == "-" ? nil : json, html, markdown].map { path in
            try path.map { try OutputFile($0, overwriting: outputOptions.force) }
        }
        let requirements = try require.map { try Requirement($0) }
        let bench = try TestBench(networkOptions, workers: common.workers)
        let base = try baseOptions.open()
        let source = try ModelFile.open(original, workers: common.workers, base: base)
        let candidate = try ModelFile.open(compressed, workers: common.workers, base: base)
        baseOptions.noteIfUnneeded(by: [source, candidate], common)
        let bar = ProgressBar("comparing", total: source.tensorByteCount, quiet: common.quiet)
        defer { bar.finish() }
        let evaluation = try bench.evaluate(source, candidate) { bar.advance(by: $0) }
        bar.finish()
        let checks = try requirements.map { try $0.check(evaluation) }

        let report = Report(
            Comparison(
                title: "\(fileName(compressed)) beside \(fileName(original))", command: CommandLineText.this,
                candidates: [
                    Comparison.Candidate(
                        name: fileName(compressed), recipe: "", evaluation: evaluation, passSeconds: [],
                        notes: [])
                ]))
        try outputs[0]?.write(evaluation.json().prettyText)
        try outputs[1]?.write(report.html())
        try outputs[2]?.write(report.markdown())
        for output in outputs { try output?.commit() }
        if json == "-" {
            try Terminal.output(raw: evaluation.json().prettyText)
        } else {
            for line in EvaluationTable(evaluation).lines(width: Terminal.width) { try Terminal.output(line) }
        }
        for tensor in evaluation.tensors where tensor.nonFiniteCount > 0 && !tensor.error.isExact {
            common.note(
                "warning: tensor '\(oneLine(tensor.name))': \(tensor.nonFiniteCount) elements of the second "
                    + "file are NaN or infinite, not all of them in the first")
        }
        for check in checks { common.note(check.message) }
        if checks.contains(where: { !$0.holds }) { throw ExitCode(1) }
    }

    /// `--json` may stand without a file name, also before the files: the word after it is its value only if
    /// both files are there already or it is named like one.
    static func completed(_ arguments: [String]) -> [String] {
        guard arguments.first == "evaluate" else { return arguments }
        let withValue: Set = [
            "--network", "--data", "--html", "--markdown", "--require", "--base", "--threads",
        ]
        var result: [String] = []
        var files = 0
        for (index, argument) in arguments.enumerated() {
            result.append(argument)
            let isValue = index > 0 && withValue.contains(arguments[index - 1])
            if index > 0, !isValue, !argument.hasPrefix("-") { files += 1 }
            guard argument == "--json", !isValue else { continue }
            let next = index + 1 < arguments.count ? arguments[index + 1] : "--"
            let isName = next == "-" || (!next.hasPrefix("-") && (files >= 2 || next.hasSuffix(".json")))
            if !isName { result.append("-") }
        }
        return result
    }
}
