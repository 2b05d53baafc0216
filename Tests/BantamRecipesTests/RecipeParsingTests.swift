import BantamPasses
import BantamRecipes
import BantamTestSupport
import BantamTensors
import Testing

@Suite struct RecipeParsingTests {
    @Test func theExampleOfTheDocumentation() throws {
        let recipe = try Recipe(
            yaml: """
                name: small-and-safe
                rules:
                  - match: ["*.bias", "re:.*norm.*"]
                    keep: true
                  - match: "fc*.weight"
                    passes:
                      - prune: {sparsity: 0.9, scope: local}
                      - quantize: {bits: 8, scheme: symmetric, granularity: channel}
                      - sparse: {format: csr}
                  - match: "embedding*"
                    passes:
                      - low-rank: {energy: 0.95}
                      - quantize: {bits: 8}
                  - otherwise: keep
                coding: auto
                """, file: "a.yaml")
        #expect(recipe.name == "small-and-safe")
        #expect(
            recipe.rules.map { $0.steps.map(\.label) } == [
                [], ["prune local sparsity 0.9", "quantize 8 bits symmetric per channel", "sparse csr"],
                ["low-rank energy 0.95", "quantize 8 bits symmetric per channel"],
            ])
        #expect(recipe.rules.map(\.line) == [3, 5, 10])
        #expect(recipe.keepsUnmatched)
        #expect(recipe.coding.name == "auto")
    }

    @Test func whatAutoIsOptimizedFor() throws {
        for (text, expected) in [
            ("", "auto for balanced"), ("coding: auto\n", "auto for balanced"),
            ("optimize: size\n", "auto for size"),
            ("coding: auto\noptimize: speed\n", "auto for speed"), ("coding: zstd:3\n", "zstd:3"),
        ] {
            let recipe = try Recipe(yaml: text + "rules:\n  - otherwise: keep\n", file: "recipe")
            #expect(recipe.coding.description == expected)
        }
    }

    @Test func everyPresetIsARecipe() throws {
        for preset in Preset.all { #expect(try preset.recipe().name == preset.name) }
        #expect(bantamError { _ = try Preset.named("huge") }?.kind == .invalidArgument)
    }

    @Test(arguments: [
        ("rules: 3", "line 1: expected a list of rules, found '3'"),
        ("name: x", "line 1: expected the key 'rules' with a list of rules"),
        (
            "rule: []",
            "line 1: unknown key 'rule' in a recipe; expected budget, coding, name, non-finite, optimize, otherwise, rules"
        ),
        (
            "coding: zip\nrules: []",
            "line 1: coding: expected one of none, auto, zstd, zlib, bzip2, lz4, huffman, fast, dense, max, "
                + "found 'zip'"
        ),
        (
            "optimize: space\nrules: []",
            "line 1: optimize: expected one of size, balanced, speed, found 'space'"
        ),
        (
            "coding: zstd:3\noptimize: size\nrules: []",
            "line 2: optimize: expected coding auto, which alone chooses for size, found 'zstd:3'"
        ),
        ("rules:\n  - keep: true", "line 2: rule 1: expected the key 'match'"),
        ("rules:\n  - match: '*'", "line 2: rule 1: expected 'passes' or 'keep: true'"),
        (
            "rules:\n  - match: '*'\n    keep: maybe",
            "line 3: rule 1: expected keep, true or false, found 'maybe'"
        ),
        (
            "rules:\n  - match: '*'\n    passes: []",
            "line 3: rule 1: expected at least one pass, or 'keep: true'"
        ),
        ("rules:\n  - match: '*'\n    passes:\n      - shrink: 3", "line 4: rule 1: unknown pass 'shrink'"),
        ("rules:\n  - match: '*'\n    passes:\n      - quantize: {bits: 9}", "line 4: rule 1: "),
        (
            "rules:\n  - match: '*'\n    passes:\n      - quantize: {bits: 8, size: 3}",
            "line 4: rule 1: unknown key 'size'"
        ),
        (
            "rules:\n  - match: '*'\n    passes:\n      - quantize: {bits: 8, granularity: group:0}",
            "line 4: rule 1: expected granularity tensor, channel or group:N, found 'group:0'"
        ),
        (
            "rules:\n  - match: '*'\n    passes:\n      - prune: {sparsity: 1.5}",
            "line 4: rule 1: expected sparsity, a number from 0.0 to 1.0"
        ),
        (
            "rules:\n  - match: '*'\n    passes:\n      - prune: {sparsity: nan}",
            "line 4: rule 1: expected sparsity"
        ),
        (
            "rules:\n  - match: '*'\n    passes:\n      - low-rank: {rank: 2, error: 0.1}",
            "line 4: rule 1: expected one of rank"
        ),
        (
            "rules:\n  - match: 're:('\n    keep: true",
            "line 2: rule 1: 're:(' is not a regular expression: expected ')' at character 1"
        ),
        (
            "rules:\n  - otherwise: keep\n  - match: a\n    keep: true",
            "line 2: 'otherwise' stands alone and last"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: 8\n      - prune: {sparsity: 0.5, scope: global}",
            "line 5: rule 1: prune global sparsity 0.5"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: 8\n      - prune: 0.5",
            "line 5: rule 1: expected prune before quantize and sparse"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - sparse: csr\n      - low-rank: {rank: 2}",
            "line 5: rule 1: expected low-rank before quantize and sparse"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {bits: 8, scheme: affine}\n      - sparse: csr",
            "line 5: rule 1: expected sparse before affine codes"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: 8\n      - quantize: fp16",
            "line 5: rule 1: expected quantize fp16 before quantize to codes"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {step: 0.1, sqnr: 3}",
            "line 4: rule 1: expected one of step, sqnr and rate in quantize"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {step: -1}",
            "line 4: rule 1: expected step, a number"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {rate: 3, states: 16}",
            "line 4: rule 1: expected 8, 64 or 256 states, found '16'"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {rate: 3, weight: 2}",
            "line 4: rule 1: expected a weight only where the budget decides"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {rate: 3, bits: 2}",
            "line 4: rule 1: unknown key 'bits'"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {weight: 2}",
            "line 4: expected the key 'budget' in the recipe, which 'quantize weight 2' needs"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {rate: 3}\n      - sparse: csr",
            "line 5: rule 1: expected quantize with a step or goal to be last"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - low-rank: {rank: 2}\n      - quantize: {rate: 3}",
            "line 5: rule 1: expected quantize with a step or goal before all but prune"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: fp16\n      - quantize: {rate: 3}",
            "line 5: rule 1: expected quantize with a step or goal before all but prune"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - quantize: {bits: bf16}\n      - quantize: {rate: 3}",
            "line 5: rule 1: expected quantize with a step or goal before all but prune"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - round: {step: 0.1}\n      - quantize: {rate: 3}",
            "line 5: rule 1: expected quantize with a step or goal before all but prune"
        ),
        (
            "rules:\n  - match: a\n    passes:\n      - palettize: {values: 16, scope: shared}\n      - quantize: {rate: 3}",
            "line 5: rule 1: expected quantize with a step or goal before all but prune"
        ),
        ("budget: 3", "line 1: expected budget as a mapping"),
        ("budget: {bpw: 3, sqnr: 2}", "line 1: expected one of bpw, size, sqnr and step in budget"),
        ("budget: {size: 25}", "line 1: expected a size such as 25%, found '25'"),
        ("budget: {size: 0%}", "line 1: expected a size such as 25%, found '0%'"),
        ("budget: {bpw: nan}", "line 1: expected bpw, a number"),
        (
            "budget: {bpw: 3}\nrules:\n  - otherwise: keep",
            "line 1: expected a rule with 'quantize: {weight: 1}', which the budget decides on"
        ),
    ]) func faultsNameTheirPlace(text: String, expected: String) {
        let error = bantamError { _ = try Recipe(yaml: text, file: "a.yaml") }
        #expect(error?.kind == .corruption)
        #expect(error?.file == "a.yaml")
        #expect(error?.message.hasPrefix(expected) == true, "\(error?.message ?? "no error")")
    }

    @Test func patternsMatchWholeNames() throws {
        let cases: [(String, String, Bool)] = [
            ("*.bias", "fc1.bias", true), ("*.bias", "fc1.bias.x", false), ("fc?.*", "fc1.weight", true),
            ("*", "a/b.c", true), ("layer.[0-2].*", "layer.1.w", true), ("layer.[0-2].*", "layer.3.w", false),
            ("re:.*norm.*", "encoder.norm1.weight", true), ("re:norm", "encoder.norm1", false),
        ]
        for (pattern, name, expected) in cases {
            #expect(try NamePattern(pattern).matches(name) == expected, "\(pattern) \(name)")
        }
    }
}
