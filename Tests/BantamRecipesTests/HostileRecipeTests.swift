import BantamRecipes
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Every file under Hostile/ is refused with one line; none of them traps or takes long.
@Suite struct HostileRecipeTests {
    private static let folder = fixtures().deletingLastPathComponent().appendingPathComponent("Hostile")
    static let names =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.sorted()

    @Test func thereIsACorpus() { #expect(Self.names.count >= 80) }

    @Test(arguments: names) func isRefusedWithOneLine(name: String) throws {
        let path = Self.folder.appendingPathComponent(name).path
        let error = try #require(bantamError { _ = try Recipe(contentsOf: path) }, "\(name) was accepted")
        #expect(error.kind == .corruption)
        #expect(error.file == path)
        #expect(error.description.hasPrefix(path + ": "))
        #expect(!error.description.contains { $0.isNewline } && error.description.utf8.count < 2000)
    }

    @Test func faultsNameLineAndRule() {
        func message(_ name: String) -> String? {
            bantamError { _ = try Recipe(contentsOf: Self.folder.appendingPathComponent(name).path) }?.message
        }
        #expect(
            message("expression-broken.yaml")
                == "line 2: rule 1: 're:(' is not a regular expression: expected ')' at character 1")
        #expect(message("match-empty.yaml") == "line 2: rule 1: expected at least one pattern")
        #expect(
            message("prune-over-one.yaml")
                == "line 4: rule 1: expected sparsity, a number from 0.0 to 1.0, found '1.5'")
        #expect(message("anchor.yaml") == "line 2: YAML anchors are not allowed here")
        #expect(message("duplicate-key.yaml") == "line 1: duplicate key 'rules'")
    }

    /// Every prefix and many single changes of a recipe that uses every option.
    @Test func damagedRecipesNeverTrap() {
        let whole = Array(
            """
            name: all
            rules:
              - match: ["*.bias", "re:.*norm[0-9]+.*"]
                keep: true
              - match: "fc*.weight"
                where: {min-rank: 2, min-elements: 1024, dtype: float}
                optional: true
                passes:
                  - prune: {sparsity: 0.9, scope: global}
                  - low-rank: {energy: 0.95, method: randomized}
                  - quantize: {bits: 8, scheme: affine, granularity: group:32, non-finite: keep}
                  - sparse: {format: relative}
              - otherwise: keep
            coding: zstd:3
            non-finite: error
            """.utf8)
        var generator = SeededGenerator(seed: 11)
        var parsed = 0
        for length in 0...whole.count { parsed += attempt(whole.prefix(length)) }
        for _ in 0..<2000 {
            var text = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                text[Int.random(in: text.indices, using: &generator)] = whole.randomElement(
                    using: &generator)!
            }
            parsed += attempt(text[...])
        }
        #expect(parsed > 0)
    }

    /// 1 if the text is a recipe.
    private func attempt(_ text: ArraySlice<UInt8>) -> Int {
        do {
            _ = try Recipe(yaml: String(decoding: text, as: UTF8.self), file: "damaged")
            return 1
        } catch let error as BantamError {
            #expect(error.file == "damaged" && error.kind == .corruption)
        } catch {
            Issue.record("expected a BantamError, found \(error)")
        }
        return 0
    }
}
