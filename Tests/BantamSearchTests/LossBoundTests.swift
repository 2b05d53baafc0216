import BantamSearch
import BantamTestSupport
import Testing

@Suite struct LossBoundTests {
    @Test func valuesAreFractionsOrPoints() throws {
        #expect(try LossBound("accuracy=0.5%").allowed(original: 0.9) == 0.005)
        #expect(try LossBound("accuracy=0.01").allowed(original: 0.9) == 0.01)
        #expect(try LossBound("top5=100%").allowed(original: 0.9) == 1)
        #expect(try LossBound("nll=2%").allowed(original: 0.5) == 0.01)
        #expect(try LossBound("nll=3").allowed(original: 0.5) == 3)
    }

    @Test(arguments: [
        "accuracy", "accuracy=", "accuracy=%", "accuracy=-1%", "accuracy=101%", "agreement=1.5",
        "accuracy=0x1p2",
        "accuracy=nan", "accuracy=0.5%=1", "macro_f1=1%", "ratio=4", "speed=1%", "=1%", "",
    ])
    func whatIsNoBoundIsRefused(text: String) {
        let error = bantamError { _ = try LossBound(text) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message.hasPrefix("loss '\(text)': ") == true)
    }
}
