import ArgumentParser
import Bantam

/// `bantam benchmark`: lossless coders timed on a file's tensors.
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Time every lossless coder on the tensors of a file, in memory, on this machine.",
        discussion: """
            Tensors of one dtype go together; those of a compressed file are decoded first. 'ratio' is stored over \
            original bytes, containers included; an array that a coder does not make smaller counts as stored plain. \
            'bound' is the order-0 entropy of the same elements, or with '≤' an upper bound of it (see 'bantam inspect \
            --help'), 'above' the distance between them. Speeds are in GB/s of original bytes, the best of \
            repeated runs: encoding with its checksums; decoding into memory that is there, the same with \
            the checksums compared as readers of files do, and into memory that the system must provide first. \
            Coders too slow for all of it are timed on evenly spread pieces; the column 'timed' says how much. Every \
            decoded array is compared with the original.

            EXAMPLES
              bantam benchmark model.safetensors
              bantam benchmark model.safetensors --coding fast --coding zstd:3 --json
              bantam benchmark model.safetensors --as bf16 --as int8
            """)

    @Argument(help: "The weight file, compressed file, manifest or folder.", completion: .file())
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp("A coder, such as zstd:19; may be given several times.", valueName: "NAME"))
    var coding: [String] = []

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            """
            Narrow float32 tensors first: f32 (as they are), bf16, fp16, int8 or fp8 (e4m3), the last two with a \
            scale per row; other tensors are left out. May be given several times.
            """, valueName: "FORMAT"))
    var formats: [NarrowedFile.Format] = []

    @Option(help: ArgumentHelp("Repeat every measurement for this long.", valueName: "SECONDS"))
    var minTime = 0.25

    @Option(help: ArgumentHelp("Code at most so many MiB of each dtype.", valueName: "N"))
    var mebibytes = 256

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var baseOptions: BaseOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard minTime >= 0, minTime <= 3600 else {
            throw ValidationError("--min-time: expected 0 to 3600 seconds, found \(minTime)")
        }
        guard 1...(1 << 20) ~= mebibytes else {
            throw ValidationError("--mebibytes: expected 1 to 1048576, found \(mebibytes)")
        }
    }

    func run() throws {
        let source = try inputOptions.open(file, base: baseOptions.open())
        baseOptions.noteIfUnneeded(by: [source], common)
        var benchmark = CoderBenchmark(
            threadCounts: common.workers.count > 1 ? [1, common.workers.count] : [1])
        if !coding.isEmpty { benchmark.coders = try coding.map(coder) }
        benchmark.minimumTime = minTime
        benchmark.byteLimit = mebibytes << 20
        let files: [any TensorFile] =
            formats.isEmpty ? [source] : formats.map { NarrowedFile(source, as: $0) }
        let rows = try files.flatMap { try benchmark.run($0) }
        guard !rows.isEmpty else {
            throw BantamError(
                .invalidArgument, file: file,
                "expected tensors to code, found none\(formats.isEmpty ? "" : " of float32")")
        }
        if json {
            try Terminal.output(raw: CoderBenchmark.json(rows).prettyText)
        } else {
            for line in BenchmarkTable(rows).lines(width: Terminal.width) { try Terminal.output(line) }
        }
    }

    private func coder(_ name: String) throws -> any Coder {
        guard let coder = try Coders.named(name) else {
            throw BantamError(
                .invalidArgument,
                "--coding: expected one of \(Coders.names.joined(separator: ", ")), found '\(name)'")
        }
        return coder
    }
}

extension NarrowedFile.Format: ExpressibleByArgument {}
