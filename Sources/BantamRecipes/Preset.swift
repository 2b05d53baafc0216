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
            "int8-sparse", "As int8, after setting the smallest 30 % of each matrix to zero.",
            passes: [
                "prune: {sparsity: 0.3, scope: local}",
                "quantize: {bits: 8, scheme: symmetric, granularity: channel}",
                "sparse: {format: auto}",
            ]),
        Preset(
            "small",
            "As int8, after setting the smallest 45 % of all weights to zero: measure what it costs.",
            passes: [
                "prune: {sparsity: 0.45, scope: global}",
                "quantize: {bits: 8, scheme: symmetric, granularity: tensor}",
                "sparse: {format: auto}",
            ]),
        Preset(
            "tiny", "As small, with 70 % of all weights set to zero: for networks trained with that in mind.",
            passes: [
                "prune: {sparsity: 0.7, scope: global}",
                "quantize: {bits: 8, scheme: symmetric, granularity: tensor}",
                "sparse: {format: auto}",
            ]),
    ]

    private init(_ name: String, _ summary: String, passes: [String], coding: String = "auto") {
        self.name = name
        self.summary = summary
        text = RecipeText.recipe(
            name: name, comment: summary, passes: passes, coding: coding, minimumElements: 256)
    }
}
