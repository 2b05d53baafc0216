import BantamTestSupport
import BantamYAML
import Testing

@Suite struct YAMLValueTests {
    private func message(_ text: String, _ body: (YAMLValue) throws -> Void = { _ in }) -> String? {
        bantamError { try body(YAMLValue(parsing: text, file: "a.yaml")) }?.description
    }

    @Test func valuesKnowTheirLine() throws {
        let root = try YAMLValue(parsing: "name: x\nrules:\n  - 7\n  - 0.5\n", file: "a.yaml")
        let entries = try root.mapping(of: "a recipe", keys: ["name", "rules"])
        let rules = try #require(try entries["rules"]?.list(of: "rules"))
        #expect(rules.map(\.line) == [3, 4])
        #expect(try rules[0].int("a number", in: 0...9) == 7)
        #expect(try rules[1].double("a number", in: 0...1) == 0.5)
    }

    @Test func faultsNameFileAndLine() {
        #expect(
            message("a: 1\nb: 2") { _ = try $0.mapping(of: "a rule", keys: ["a"]) }
                == "a.yaml: line 2: unknown key 'b' in a rule; expected a")
        #expect(message("a: 1\na: 2") == "a.yaml: line 1: duplicate key 'a'")
        #expect(message("a: [1") == "a.yaml: line 2: not YAML: did not find expected ',' or ']'")
        #expect(message("") == "a.yaml: expected a YAML document, found nothing")
        #expect(
            message("- x") { _ = try $0.mapping(of: "a rule", keys: []) }
                == "a.yaml: line 1: expected a rule as a mapping, found a list")
        #expect(
            message("nan") { _ = try $0.double("sparsity", in: 0...1) }
                == "a.yaml: line 1: expected sparsity, a number from 0.0 to 1.0, found 'nan'")
        #expect(
            message("12") { _ = try $0.int("bits", in: 2...8) }
                == "a.yaml: line 1: expected bits, a whole number from 2 to 8, found '12'")
    }

    @Test func anchorsAreRefused() {
        #expect(message("a: &x [1]\nb: *x") == "a.yaml: line 1: YAML anchors are not allowed here")
        #expect(message("- [&x 1, *x]") == "a.yaml: line 1: YAML anchors are not allowed here")
        #expect(message("[\u{85}&x 1, *x]") == "a.yaml: line 2: YAML anchors are not allowed here")
        #expect(message("[\u{2028}&x 1, *x]") == "a.yaml: line 2: YAML anchors are not allowed here")
        #expect(message("\u{feff}&x 1") == "a.yaml: line 1: YAML anchors are not allowed here")
        #expect(message("a: salt & pepper") == nil)
        #expect(message("a: 'this &that' # and &more") == nil)
        #expect(message("a: *x") == "a.yaml: line 1: YAML anchors are not allowed here")
    }

    @Test func keysArePlainAndNothingNestsDeep() {
        #expect(message("a: {[b]: 1}") == "a.yaml: line 1: expected plain keys, found a list")
        #expect(message("? {a: b}\n: 1") == "a.yaml: line 1: expected plain keys, found a mapping")
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(message(nested(64)) == nil)
        #expect(message(nested(66)) == "a.yaml: line 1: expected lists and mappings at most 64 deep")
        #expect(message("a: 1\n---\nb: 2") == "a.yaml: line 2: expected one YAML document, found another")
    }

    /// Equal keys of forty levels, two kinds of them: comparing these both ways at every level takes 2^40 steps.
    @Test func equalKeysAreNotCompared() {
        let keys = ["a", "[]"].flatMap { leaf in
            let key = String(repeating: "[", count: 40) + leaf + String(repeating: "]", count: 40)
            return [key, key]
        }
        let text = "rules: {" + keys.map { "\($0): 1" }.joined(separator: ", ") + "}"
        #expect(message(text) == "a.yaml: line 1: expected plain keys, found a list")
    }
}
