import BantamPasses
import BantamRecipes
import BantamTestSupport
import Testing

@Suite struct RoundParsingTests {
    private func recipe(_ passes: String) throws -> Recipe {
        try Recipe(yaml: "rules:\n  - match: \"*\"\n    passes:\n\(passes)", file: "test")
    }

    @Test func aStepAloneRoundsToTheNearest() throws {
        for text in ["      - round: 0.25\n", "      - round: {step: 0.25}\n"] {
            let step = try #require(try recipe(text).rules.first?.steps.first)
            guard case .pass(let pass) = step.action, let round = pass as? RoundToStep else {
                Issue.record("expected round, found \(step.label)")
                continue
            }
            #expect(round.step == 0.25 && round.deadZone == 0.5 && !round.keepingNonFinite)
            #expect(step.label == "round to steps of 0.25")
        }
    }

    @Test(arguments: [
        "      - round: 0\n", "      - round: -1\n", "      - round: {dead-zone: 0.6}\n",
        "      - round: {step: 1, dead-zone: 0.4}\n", "      - round: {step: 1, bits: 8}\n",
        "      - round: 1\n      - quantize: 8\n", "      - palettize: 4\n      - round: 1\n",
        "      - round: 1\n      - round: 1\n",
    ])
    func whatCannotBeIsRefused(passes: String) {
        let error = bantamError { _ = try recipe(passes) }
        #expect(error?.kind == .corruption)
        #expect(error?.message.hasPrefix("line ") == true)
    }
}
