import BantamTensors

/// A recipe that comes with Bantam.
public struct Preset: Sendable {
    /// What `--preset` calls it.
    public var name: String
    /// One sentence on what it does and when to take it.
    public var summary: String
    /// The recipe as YAML.
    public var text: String

    /// The recipe.
    public func recipe() throws -> Recipe { try Recipe(yaml: text, file: "preset \(name)") }

    /// The preset called `name`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` that lists the names.
    public static func named(_ name: String) throws -> Preset {
        guard let preset = all.first(where: { $0.name == name }) else {
            throw BantamError(
                .invalidArgument,
                "unknown preset '\(name)'; there are \(all.map(\.name).joined(separator: ", "))")
        }
        return preset
    }

    /// All presets, from the most careful to the smallest.
    public static let all = [
        Preset(
            "lossless", "Every bit comes back; only coding makes the file smaller.",
            passes: []),
        Preset(
            "half", "float16 matrices in a file that any tool loads unchanged.",
            passes: ["quantize: fp16"], coding: "none"),
        Preset(
            "int8", "8-bit codes, one scale a row: the safe choice for almost any network.",
            passes: ["quantize: {bits: 8, scheme: symmetric, granularity: channel}"]),
        Preset(
            "near-lossless",
            "Rate–distortion quantization to an error of 0.8 % (42 dB): about that of int8, in fewer bytes.",
            budget: "{sqnr: 42}"),
        Preset(
            "int8-sparse", "As int8, after setting the smallest 30 % of each matrix to zero.",
            passes: [
                "prune: {sparsity: 0.3, scope: local}",
                "quantize: {bits: 8, scheme: symmetric, granularity: channel}",
                "sparse: {format: auto}",
            ]),
        Preset(
            "int4",
            "4-bit codes, a scale for every 32 weights of a row: half of int8, for networks that are not too small.",
            passes: ["quantize: {bits: 4, granularity: group:32, range: mse, scales: float16}"]),
        Preset(
            "small",
            "As int8, after setting the smallest 45 % of all weights to zero: measure what it costs.",
            passes: [
                "prune: {sparsity: 0.45, scope: global}",
                "quantize: {bits: 8, scheme: symmetric, granularity: tensor}",
                "sparse: {format: auto}",
            ]),
        Preset(
            "compact",
            """
            Rate–distortion quantization to an error of 8 % (22 dB): about that of int4, in fewer bytes, and less than half \
            that of small. One step for all matrices: measure what it costs.
            """,
            budget: "{sqnr: 22}"),
        Preset(
            "tiny", "As small, with 70 % of all weights set to zero: for networks trained with that in mind.",
            passes: [
                "prune: {sparsity: 0.7, scope: global}",
                "quantize: {bits: 8, scheme: symmetric, granularity: tensor}",
                "sparse: {format: auto}",
            ]),
        Preset(
            "minimal",
            """
            Rate–distortion quantization to an error of 25 % (12 dB), about two bits a weight: smaller than tiny, and \
            closer. Measure what it costs.
            """,
            budget: "{sqnr: 12}"),
    ]

    private init(
        _ name: String, _ summary: String, budget: String? = nil, passes: [String] = [],
        coding: String = "auto"
    ) {
        self.name = name
        self.summary = summary
        text = RecipeText.recipe(
            name: name, comment: summary, budget: budget, passes: passes, coding: coding,
            minimumElements: 256)
    }
}
