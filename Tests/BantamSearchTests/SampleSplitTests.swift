import BantamSearch
import Testing

@Suite struct SampleSplitTests {
    @Test func halvesShareOutEveryClass() {
        let labels = (0..<601).map { $0 * $0 % 7 }
        let split = SampleSplit(labels: labels)
        #expect((split.search + split.report).sorted() == Array(labels.indices))
        #expect(split.search.count - split.report.count == 1)
        for label in Set(labels) {
            let inSearch = split.search.count { labels[$0] == label }
            let inReport = split.report.count { labels[$0] == label }
            #expect(abs(inSearch - inReport) <= 1)
        }
        #expect(split == SampleSplit(labels: labels, seed: 0))
        #expect(split != SampleSplit(labels: labels, seed: 1))
    }
}
