import Testing

@testable import BantamReports

@Suite struct FormatTests {
    @Test(arguments: [
        (0.0, "0 B"), (999, "999 B"), (1000, "1.00 KB"), (1234, "1.23 KB"), (9994, "9.99 KB"),
        (9996, "10.0 KB"), (33_049, "33.0 KB"), (202_040, "202 KB"), (999_600, "1.00 MB"),
        (90_868_376, "90.9 MB"), (5e12, "5.00 TB"), (-2048, "−2.05 KB"), (.nan, "NaN"),
    ])
    func bytesHaveThreeDigits(_ value: Double, _ text: String) { #expect(Format.bytes(value) == text) }

    @Test(arguments: [
        (1.0, "1.00"), (0.0, "0"), (0.008_812, "0.00881"), (12.44, "12.4"), (123.4, "123"), (1e-5, "1.00e−5"),
        (3.214e-6, "3.21e−6"), (-0.5, "−0.500"), (1234567, "1.23e6"), (.infinity, "∞"), (-.infinity, "−∞"),
        (.nan, "NaN"), (.leastNonzeroMagnitude, "4.94e−324"),
    ])
    func numbersHaveThreeDigits(_ value: Double, _ text: String) { #expect(Format.number(value) == text) }

    @Test(arguments: [
        (-0.002, 1, "−0.2"), (0.0131, 1, "+1.3"), (0, 1, "0.0"), (-0.0001, 1, "0.0"), (0.000_04, 2, "0.00"),
        (0.000_06, 2, "+0.01"),
    ])
    func pointsCarryTheirSign(_ value: Double, _ decimals: Int, _ text: String) {
        #expect(Format.points(value, decimals: decimals) == text)
    }

    @Test func intervalsShowOnWhichSideOfZeroTheyEnd() {
        #expect(Format.points(-0.009...0.005) == "−0.9 … +0.5")
        #expect(Format.points(-0.0131...(-0.0003)) == "−1.31 … −0.03")
        #expect(Format.points(0...0) == "0.0 … 0.0")
        #expect(Format.points(-0.01...1e-9) == "−1.0000 … 0.0000")
    }

    @Test func otherUnits() {
        #expect(Format.ratio(4.024) == "4.02×")
        #expect(Format.percent(0.9719) == "97.2 %")
        #expect(Format.decibels(.infinity) == "∞ dB")
        #expect(Format.decibels(-0.04) == "0.0 dB")
        #expect(Format.seconds(1.2345) == "1.23 s")
        #expect(Format.seconds(0.04567) == "45.7 ms")
        #expect(Format.seconds(0.000_789) == "789 µs")
        #expect(Format.seconds(.nan) == "NaN")
        #expect(Format.count(1_234_567) == "1,234,567")
        #expect(Format.count(-999) == "−999")
        #expect(Format.count(1, "tensor") == "1 tensor")
        #expect(Format.signed(3) == "+3")
        #expect(Format.cosine(1) == "1")
        #expect(Format.cosine(0.999_999_9) == "> 0.99999")
        #expect(Format.cosine(0.99987) == "0.99987")
    }

    @Test func hostileNamesBecomeVisible() {
        #expect(printable("a\u{0}b\nc\u{202e}\u{7f}") == #"a\0b\nc\u{202E}\u{7F}"#)
        #expect(printable("a\n\tb", keepingLines: true) == "a\n\tb")
        #expect(shortened("encoder.layer.0.attention.weight", to: 12) == "encod…weight")
        #expect(shortened("fc1", to: 12) == "fc1")
    }
}
