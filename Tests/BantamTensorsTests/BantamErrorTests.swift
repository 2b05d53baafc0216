import BantamTensors
import Testing

@Suite struct BantamErrorTests {
    /// Everything that a terminal or a reader of lines takes for more than a letter.
    @Test(arguments: [
        "\n", "\r\n", "\t", "\u{0}", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{9b}", "\u{2028}", "\u{2029}",
        "\u{202e}",
        "\u{2066}",
    ]) func aHostileNameStaysOnItsLine(text: String) {
        let error = BantamError(.corruption, file: "a\(text)b", tensor: "c\(text)d", "e\(text)f")
        #expect(!error.description.contains { $0.isNewline })
        #expect(!error.description.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(!error.description.contains(text))
    }

    @Test func otherLettersStayAsTheyAre() {
        let name = "größe/重み·α…"
        #expect(oneLine(name) == name)
        #expect(BantamError(.io, file: name, "é").description == "\(name): é")
    }

    @Test func whatNobodyWouldReadIsCut() {
        let long = String(repeating: "(", count: 1 << 20)
        let error = BantamError(.corruption, file: "a", tensor: long, long)
        #expect(error.description.utf8.count < 1000)
        #expect(error.description.hasPrefix("a: tensor '((("))
        // One character of a million scalars.
        let marks = "e" + String(repeating: "\u{301}", count: 1 << 20)
        #expect(BantamError(.corruption, marks).description.utf8.count < 2000)
    }
}
