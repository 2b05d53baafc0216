import ArgumentParser
import Bantam

/// A recipe file, a preset, or passes given as flags.
struct RecipeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Run the recipe in this YAML file.", valueName: "FILE"))
    var recipe: String?

    @Option(
        help: ArgumentHelp("Run a recipe that comes with bantam: see 'bantam recipes'.", valueName: "NAME"),
        completion: .list(Preset.all.map(\.name)))
    var preset: String?

    @Option(
        help: ArgumentHelp(
            "Set the smallest magnitudes to zero until this fraction is zero.", valueName: "FRACTION"))
    var prune: Double?

    @Option(
        help: ArgumentHelp(
            "Prune every tensor alike (local) or rank all weights together (global).",
            valueName: "local|global"),
        completion: .list(["local", "global"]))
    var scope: String?

    @Option(
        help: ArgumentHelp(
            "Quantize to codes of 2 to 8 or 16 bits, to scaled 8-bit floats or normal quantiles, or to a 16-bit float.",
            valueName: "2…8|16|fp8|e5m2|nf4|fp16|bf16"),
        completion: .list((2...8).map(String.init) + ["16", "fp8", "e4m3", "e5m2", "nf4", "fp16", "bf16"]))
    var quantize: String?

    @Option(
        help: ArgumentHelp(
            "Elements that share a scale: all, a slice of axis 0 (default), or N in a row.",
            valueName: "tensor|channel|group:N"))
    var granularity: String?

    @Option(
        help: ArgumentHelp(
            "Codes around zero (default), or between minimum and maximum.", valueName: "symmetric|affine"),
        completion: .list(["symmetric", "affine"]))
    var scheme: String?

    @Option(
        help: ArgumentHelp(
            "What the codes of a slice span: all (default), a percentage of it, what leaves the least squared error, or the least divergence.",
            valueName: "minmax|percentile:P|mse|kl"),
        completion: .list(["minmax", "percentile:99.9", "mse", "kl"]))
    var range: String?

    @Option(
        help: ArgumentHelp(
            "How scales are held; int8 quantizes them too.", valueName: "float32|float16|int8"),
        completion: .list(ScaleFormat.allCases.map(\.rawValue)))
    var scales: String?

    @Option(
        help: ArgumentHelp("Rotate rows before quantizing, so that outliers spread.", valueName: "hadamard"),
        completion: .list(["hadamard"]))
    var rotate: String?

    @Option(
        help: ArgumentHelp(
            "Share this many values (2 to 256) among the weights of a tensor, chosen for the least squared error.",
            valueName: "VALUES"))
    var palettize: Int?

    @Option(
        help: ArgumentHelp(
            "Weights that share values: those of a tensor (default), of N rows, or of all tensors.",
            valueName: "tensor|rows:N|shared"),
        completion: .list(["tensor", "shared"]))
    var paletteScope: String?

    @Option(
        help: ArgumentHelp("Store only what is not zero.", valueName: "csr|bitmask|relative|auto"),
        completion: .list(Sparsify.Format.allCases.map(\.rawValue)))
    var sparse: String?

    @Option(
        help: ArgumentHelp(
            "Store matrices as two thin factors.", valueName: "rank=R|energy=E|error=E|ratio=R"))
    var lowRank: String?

    @Option(
        help: ArgumentHelp(
            "Find the least error for this many bits per weight, of the whole file: 3.5.", valueName: "BITS"))
    var bpw: Double?

    @Option(
        help: ArgumentHelp(
            "Find the least error for at most this part of the original size.", valueName: "PERCENT%"))
    var size: String?

    @Option(
        help: ArgumentHelp(
            "Find the fewest bits for this signal-to-noise ratio in dB, over all matrices.", valueName: "DB"))
    var sqnr: Double?

    @Option(
        help: ArgumentHelp(
            "States of the trellis code for --bpw, --size and --sqnr: fewer are faster, more are smaller. 64 unless given.",
            valueName: "8|64|256"),
        completion: .list(["8", "64", "256"]))
    var states: Int?

    @Option(
        help: ArgumentHelp(
            """
            Lossless coding of every stored array: \(Coding.names.joined(separator: ", ")); zstd, zlib, bzip2 \
            and lz4 also with a level, as in zstd:19. The default is auto; with --quantize fp16 or bf16 alone none, so that the file loads anywhere.
            """,
            valueName: "NAME"),
        completion: .list(Coding.names))
    var coding: String?

    @Option(
        help: ArgumentHelp(
            """
            What coding auto chooses for: the smallest of all coders, slow ones too (size), the smallest that \
            decodes fast (balanced, the default), or the fastest to decode that saves nearly as much (speed).
            """,
            valueName: "size|balanced|speed"),
        completion: .list(Optimization.allCases.map(\.rawValue)))
    var optimize: String?

    /// The budget as recipes write it.
    private var budget: String? {
        let goal =
            bpw.map { "bpw: \($0)" } ?? size.map { "size: \(quoted($0))" } ?? sqnr.map { "sqnr: \($0)" }
        return goal.map { "{\($0)\(states.map { ", states: \($0)" } ?? "")}" }
    }

    /// Whether any pass or coding is given as a flag.
    private var hasFlags: Bool {
        [
            scope, quantize, granularity, scheme, range, scales, rotate, paletteScope, sparse, lowRank,
            coding, optimize,
        ].contains { $0 != nil } || prune != nil || palettize != nil || budget != nil
    }

    /// Whether anything but `--optimize` is given.
    var choosesPasses: Bool {
        var rest = self
        rest.optimize = nil
        return recipe != nil || preset != nil || rest.hasFlags
    }

    /// Whether the recipe may have a budget of bits or size, whose weights can be measured.
    var mayHaveBudget: Bool { recipe != nil || preset != nil || bpw != nil || size != nil }

    /// What `--optimize` asks for.
    var optimization: Optimization? { optimize.flatMap { try? Optimization(named: $0) } }

    func validate() throws {
        if [recipe != nil, preset != nil, hasFlags].filter({ $0 }).count > 1 {
            throw ValidationError("expected one of --recipe, --preset and pass flags, found several")
        }
        if prune == nil, scope != nil { throw ValidationError("--scope goes with --prune") }
        if quantize == nil, [granularity, scheme, range, scales, rotate].contains(where: { $0 != nil }) {
            throw ValidationError(
                "--granularity, --scheme, --range, --scales and --rotate go with --quantize")
        }
        if [bpw != nil, size != nil, sqnr != nil].filter({ $0 }).count > 1 {
            throw ValidationError("expected one of --bpw, --size and --sqnr, found several")
        }
        if budget != nil {
            if quantize != nil || palettize != nil || sparse != nil || lowRank != nil {
                throw ValidationError(
                    "--bpw, --size and --sqnr quantize by themselves; of the passes only --prune goes with them"
                )
            }
        } else if states != nil {
            throw ValidationError("--states goes with --bpw, --size and --sqnr")
        }
        if quantize != nil, palettize != nil {
            throw ValidationError("expected one of --quantize and --palettize, found both")
        }
        if palettize == nil, paletteScope != nil {
            throw ValidationError("--palette-scope goes with --palettize")
        }
        if optimize != nil, let coding, coding != "auto" {
            throw ValidationError(
                "--optimize goes with --coding auto, which chooses a coder for each array; \(coding) is chosen already"
            )
        }
    }

    /// What the arguments ask for; lossless where they ask for nothing.
    func resolved() throws -> Recipe {
        if let recipe { return try Recipe(contentsOf: recipe) }
        if let preset { return try Preset.named(preset).recipe() }
        guard hasFlags else { return try Preset.named("lossless").recipe() }
        // It becomes a word of YAML, which not every text is.
        if let coding { _ = try Coding(named: coding) }
        let text = RecipeText.recipe(
            name: RecipeText.commandLine, comment: nil, budget: budget, passes: try passes(),
            coding: coding ?? (isOnlyCast && optimize == nil ? "none" : "auto"), optimize: optimize)
        do {
            return try Recipe(yaml: text, file: RecipeText.commandLine)
        } catch var error as BantamError {
            // The lines of a recipe that the user never saw would only confuse.
            error.kind = .invalidArgument
            error.message = error.message.replacing(/line \d+: (rule \d+: )?/, with: "")
            throw error
        }
    }

    /// Whether all that is asked for is a 16-bit float, as which the file loads anywhere if it is not coded.
    private var isOnlyCast: Bool {
        ["fp16", "bf16"].contains(quantize) && [lowRank, sparse].allSatisfy { $0 == nil } && prune == nil
    }

    /// The passes as recipe lines, in the order they make sense in.
    private func passes() throws -> [String] {
        var passes: [String] = []
        if let lowRank {
            let parts = lowRank.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw BantamError(
                    .invalidArgument,
                    "--low-rank: expected rank=64, energy=0.95, error=0.05 or ratio=0.25, found '\(lowRank)'")
            }
            passes.append("low-rank: {\(quoted(parts[0])): \(quoted(parts[1]))}")
        }
        if let prune { passes.append("prune: {sparsity: \(prune), scope: \(quoted(scope ?? "local"))}") }
        if budget != nil, !passes.isEmpty { passes.append("quantize: {weight: 1}") }
        if let quantize {
            var options = "bits: \(quoted(quantize == "fp8" ? "e4m3" : quantize))"
            if let scheme { options += ", scheme: \(quoted(scheme))" }
            if let granularity { options += ", granularity: \(quoted(granularity))" }
            if let range { options += ", range: \(quoted(range))" }
            if let scales { options += ", scales: \(quoted(scales))" }
            if let rotate { options += ", rotate: \(quoted(rotate))" }
            passes.append("quantize: {\(options)}")
        }
        if let palettize {
            passes.append("palettize: {values: \(palettize), scope: \(quoted(paletteScope ?? "tensor"))}")
        }
        if let sparse { passes.append("sparse: {format: \(quoted(sparse))}") }
        return passes
    }

    /// Plain words stand as they are; anything else becomes a quoted scalar.
    private func quoted(_ text: some StringProtocol) -> String {
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ":" || $0 == ".") }
        return isPlain && !text.isEmpty && text.last != ":"
            ? String(text) : "'" + String(text).replacing("'", with: "''").filter { $0 != "\n" } + "'"
    }
}
