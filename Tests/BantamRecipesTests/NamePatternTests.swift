import BantamRecipes
import BantamTestSupport
import Testing

@Suite struct NamePatternTests {
    /// Every expression of a small grammar against every short name, beside Swift's own regular expressions.
    @Test func agreesWithSwiftOnAllShortNames() throws {
        var expressions = [
            "a", "b", ".", "[ab]", "[^a]", "[a-c]", "^a", "b$", "", "\\.", "\\w", "[\\w.]", "\\W",
        ]
        let repetitions = ["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"]
        expressions += expressions.filter { !$0.isEmpty }.flatMap { part in
            repetitions.map { "(\(part))\($0)" }
        }
        let parts = expressions
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<150 {
            let (a, b) = (parts.randomElement(using: &generator)!, parts.randomElement(using: &generator)!)
            expressions += [
                "\(a)\(b)", "\(a)|\(b)", "(?:\(a)|\(b))*", "(\(a)\(b)?)+a".replacing("?)", with: ")"),
            ]
        }
        var names = [""]
        for length in 0..<4 {
            names += names.filter { $0.count == length }.flatMap { name in
                ["a", "b", "c", "."].map { name + $0 }
            }
        }
        for expression in expressions {
            let pattern = try NamePattern("re:" + expression)
            let regex = try Regex(expression)
            for name in names {
                #expect(
                    pattern.matches(name) == (name.wholeMatch(of: regex) != nil), "\(expression) on '\(name)'"
                )
            }
        }
    }

    @Test(arguments: [
        ("*", "", true), ("*", "a/b.c", true), ("fc?.*", "fc1.weight", true), ("fc?.*", "fc12.weight", false),
        ("layer.[0-2].*", "layer.1.w", true), ("layer.[!0-2].*", "layer.1.w", false), ("[^a]", "b", true),
        ("[]x]", "]", true), ("[a", "[a", true), ("\\*", "*", true), ("\\*", "a", false),
        ("a\\", "a\\", true),
        ("?", "é", true), ("[é-ü]", "ö", true), ("*.bias", "fc1.bias.x", false), ("**a**", "bab", true),
        ("[z-a]", "[z-a]", true), ("[\\d]", "7", true), ("", "", true), ("", "a", false),
        ("(a|b)", "a", false),
    ]) func globs(glob: String, name: String, expected: Bool) throws {
        #expect(try NamePattern(glob).matches(name) == expected)
    }

    @Test(arguments: [
        "(", ")", "a)", "(?", "(?i)a", "(?=a)", "[", "[a", "[]", "[^]", "[b-a]", "[\\d-z]", "[\\W]", "*",
        "a**", "a{",
        "a{,2}", "a{2,1}", "a{1001}", "a{99999999999999999999}", "\\", "\\q", "\\1", "a{1000}{1000}", "{2}",
        "]",
        "(a{1000}){1000}", "((){1000}){1000}", String(repeating: "(", count: 100_000),
        String(repeating: "a|", count: 100_000),
    ]) func refusesWhatIsNoExpression(expression: String) throws {
        let error = try #require(bantamError { _ = try NamePattern("re:" + expression) })
        #expect(error.kind == .invalidArgument)
        #expect(error.message.contains("is not a regular expression") && error.message.utf8.count < 300)
    }

    /// Expressions and names on which a matcher that backtracks would not come to an end.
    @Test(arguments: [
        "re:(a+)+b", "re:(a|a)*b", "re:(a*)*b", "re:(.*)(.*)(.*)(.*)(.*)(.*)x", "re:(a?){500}a{500}",
        String(repeating: "*a", count: 40) + "b",
    ]) func takesNoLongerThanThePatternAndTheName(pattern: String) throws {
        let name = String(repeating: "a", count: 2000)
        #expect(try !NamePattern(pattern).matches(name))
    }
}
