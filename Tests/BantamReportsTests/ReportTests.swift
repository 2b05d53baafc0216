import BantamEvaluator
import Foundation
import Testing

@testable import BantamReports

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What an XML parser finds in a page.
private final class Page: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var text = ""
    /// The text of every cell, title and label, one a line.
    var error: (any Error)?
    private var open: [String] = []

    init(_ html: String) {
        super.init()
        let parser = XMLParser(data: Data(html.utf8))
        parser.delegate = self
        if !parser.parse() { error = parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements.append((name, attributes))
        open.append(name)
        text += " "
    }
    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        open.removeLast()
        text += " "
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if open.last != "script" && open.last != "style" {
            text += string.replacingOccurrences(of: "\u{a0}", with: " ")
        }
    }
    func count(_ name: String) -> Int { elements.count { $0.name == name } }
}

private let pages = Samples.all.map { (name: $0.name, html: Report($0.comparison).html()) }

@Suite struct HTMLTests {
    @Test func everyPageIsWellFormed() {
        for (name, html) in pages {
            let page = Page(html)
            #expect(page.error == nil, "\(name): \(String(describing: page.error))")
            #expect(page.count("h1") == 1)
            #expect(page.count("script") == 1 && page.count("style") == 1, "\(name)")
            let identifiers = page.elements.compactMap { $0.attributes["id"] }
            #expect(Set(identifiers).count == identifiers.count)
            let targets = page.elements.compactMap { $0.attributes["href"] }
            #expect(!targets.isEmpty)
            for target in targets { #expect(identifiers.contains(String(target.dropFirst())), "\(target)") }
        }
    }

    @Test func nothingIsFetched() {
        for (name, html) in pages {
            for word in ["http://", "https://", "src=", "url(", "@import", "<link", "<img", "<iframe"] {
                #expect(!html.contains(word), "\(name) has \(word)")
            }
        }
    }

    @Test func chartsAndTablesAreAccessible() {
        for (_, html) in pages {
            let page = Page(html)
            for element in page.elements where element.name == "svg" {
                #expect(element.attributes["role"] == "img")
                #expect(element.attributes["aria-label"]?.isEmpty == false)
            }
            for element in page.elements where element.name == "th" {
                #expect(["col", "row"].contains(element.attributes["scope"]))
            }
            #expect(!html.contains("=\"NaN\"") && !html.contains("=\"inf\"") && !html.contains("=\"nan\""))
        }
    }

    @Test func namesCannotBreakOut() throws {
        let html = try #require(pages.first { $0.name == "hostile" }).html
        let page = Page(html)
        #expect(page.elements.allSatisfy { $0.attributes.keys.allSatisfy { !$0.hasPrefix("on") } })
        #expect(page.text.contains(#"a|b`c<script>alert("1")</script>&'😀\u{202E}\0\n**x**"#))
        #expect(!html.unicodeScalars.contains { $0.value == 0x202e || $0.value == 0 })
        // The script of the page stays as it is, free of what XML or HTML could trip over.
        #expect(!script.contains("<") && !script.contains("&"))
        #expect(!stylesheet.contains("<") && !stylesheet.contains("&"))
    }

    @Test func thousandsOfTensorsStayUsable() throws {
        let html = try #require(pages.first { $0.name == "huge" }).html
        #expect(html.utf8.count < 1_500_000)
        let rows = Page(html).text
        #expect(rows.contains("250 of 3,000"))
        #expect(rows.contains("2,980 other tensors together"))
        // The tensors with the lowest SQNR are in the table whatever their size.
        let comparison = try #require(Samples.all.first { $0.name == "huge" }).comparison
        let worst = comparison.candidates[0].evaluation.tensors.sorted { $0.error.sqnr < $1.error.sqnr }
        for tensor in worst.prefix(20) { #expect(html.contains(">\(tensor.name)</code></th>")) }
    }

    @Test func theFrontIsMarkedByShape() throws {
        let comparison = Samples.comparison()
        let page = Page(Report(comparison).html())
        let marks = { (style: String) in page.elements.count { $0.attributes["class"] == style } }
        // Two drawings of one chart, for wide and for narrow screens.
        #expect(marks("on-front") == 2 * comparison.front.count)
        #expect(marks("off-front") == 2 * (comparison.candidates.count - comparison.front.count))
        #expect(page.elements.count { $0.name == "circle" && $0.attributes["class"] == "off-front" } == 0)
    }

    @Test func aRecipeWithoutTextLeavesNoEmptyBox() throws {
        let html = try #require(pages.first { $0.name == "single" }).html
        #expect(Page(html).count("pre") == 1)
        #expect(!html.contains("Recipe <code>"))
    }
}

@Suite struct ContentTests {
    /// Every figure of the model, as the formatter writes it, in both renderings.
    @Test func everyFigureIsThere() {
        let comparison = Samples.comparison()
        let html = Page(Report(comparison).html()).text
        let markdown = Report(comparison).markdown().replacingOccurrences(of: "\\", with: "")
        var figures: [String] = [comparison.title, comparison.command]
        for candidate in comparison.candidates {
            let evaluation = candidate.evaluation
            figures += [candidate.name, candidate.recipe] + candidate.notes
            figures += candidate.passSeconds.flatMap { [$0.pass, Format.seconds($0.seconds)] }
            figures += [evaluation.original, evaluation.compressed].flatMap {
                [$0.path, Format.bytes($0.byteCount), Format.count($0.byteCount)]
            }
            figures += [Format.ratio(evaluation.ratio), Format.bitsPerWeight(evaluation.bitsPerWeight)]
            figures += errorFigures(evaluation.totals)
            figures += [
                evaluation.timing.decompression, evaluation.timing.originalInference,
                evaluation.timing.compressedInference, evaluation.timing.directInference,
            ].compactMap { $0.map(Format.seconds) }
            for metrics in [evaluation.original.metrics, evaluation.compressed.metrics].compactMap(\.self) {
                figures += [metrics.accuracy, metrics.top5Accuracy ?? 0, metrics.macroF1].map {
                    Format.percent($0)
                }
                figures.append(Format.number(metrics.negativeLogLikelihood))
                figures += metrics.classes.flatMap {
                    [String($0.support)] + [$0.precision, $0.recall, $0.f1].map { Format.percent($0) }
                }
            }
            if let predictions = evaluation.predictions {
                figures += [
                    Format.count(predictions.agreeing), Format.percent(predictions.agreement),
                    Format.points(predictions.accuracyChange), Format.points(predictions.interval),
                    Format.count(predictions.onlyOriginalCorrect),
                    Format.count(predictions.onlyCompressedCorrect),
                ]
            }
            for tensor in evaluation.tensors {
                figures += [tensor.name, tensor.dtype.rawValue, tensor.shape.description, tensor.encoding]
                figures += [Format.bytes(tensor.originalByteCount), Format.bytes(tensor.byteCount)]
                figures += [Format.bitsPerWeight(tensor.bitsPerWeight)] + errorFigures(tensor.error)
                figures += [tensor.originalSparsity, tensor.sparsity].map { Format.percent($0) }
                figures += [Format.number(tensor.histogram?.klDivergence ?? 0)]
                if let spectrum = tensor.spectrum {
                    figures.append(
                        "Rank \(Format.count(spectrum.rank)) of \(Format.count(spectrum.singularValues.count))"
                    )
                }
            }
        }
        for figure in Set(figures) {
            #expect(html.contains(figure), "HTML lacks \(figure)")
            #expect(markdown.contains(figure), "Markdown lacks \(figure)")
        }
    }

    private func errorFigures(_ error: ReconstructionError) -> [String] {
        [
            Format.decibels(error.sqnr), Format.number(error.relativeError), Format.number(error.maxAbsError),
            Format.number(error.rmse), Format.cosine(error.cosine),
        ]
    }

    @Test func changesInTheConfusionMatrixAreThere() throws {
        let comparison = Samples.comparison(recipes: [Samples.recipes[5]])
        let evaluation = comparison.candidates[0].evaluation
        let before = try #require(evaluation.original.metrics).confusion
        let after = try #require(evaluation.compressed.metrics).confusion
        let page = Page(Report(comparison).html())
        for label in 0..<10 {
            for prediction in 0..<10 where before[label][prediction] != after[label][prediction] {
                let hint =
                    "label \(label) predicted as \(prediction): \(before[label][prediction]) → \(after[label][prediction])"
                #expect(page.elements.contains { $0.attributes["title"] == hint }, "\(hint)")
            }
        }
    }

    @Test func withoutPredictionsTheReportSaysSo() {
        let report = Report(Samples.unmeasured)
        for text in [Page(report.html()).text, report.markdown().replacingOccurrences(of: "*", with: "")] {
            #expect(text.contains("Accuracy was not measured"))
            #expect(text.contains("Size against reconstruction error"))
            #expect(!text.contains("Where accuracy changed"))
            #expect(!text.contains("recommended"))
        }
    }

    @Test func theSameComparisonGivesTheSameText() {
        for (name, html) in pages {
            guard let comparison = Samples.all.first(where: { $0.name == name })?.comparison else { continue }
            #expect(Report(comparison).html() == html)
            #expect(Report(comparison).markdown() == Report(comparison).markdown())
        }
    }

    @Test func noCandidateIsNoTrap() {
        let report = Report(Comparison(title: "none", command: "", candidates: []))
        #expect(Page(report.html()).error == nil)
        #expect(report.markdown().contains("Nothing was compared"))
        #expect(report.summaryTable(width: 40).rows.isEmpty)
    }
}

@Suite struct MarkdownTests {
    /// Cells of a table row: what stands between bars that are not escaped.
    private func cells(_ line: Substring) -> Int {
        var (count, isEscaped) = (0, false)
        for character in line {
            if character == "|" && !isEscaped { count += 1 }
            isEscaped = character == "\\" && !isEscaped
        }
        return count - 1
    }

    @Test func tablesAreWellFormed() {
        for (name, comparison) in Samples.all {
            var fence: Substring?
            var columns: Int?
            for line in Report(comparison).markdown().split(separator: "\n", omittingEmptySubsequences: false)
            {
                if line.hasPrefix("```") {
                    let ticks = line.prefix { $0 == "`" }
                    if let open = fence {
                        if ticks.count >= open.count && ticks.count == line.count { fence = nil }
                    } else {
                        fence = ticks
                    }
                    continue
                }
                guard fence == nil else { continue }
                guard line.hasPrefix("| ") || line.hasPrefix("|-") else {
                    columns = nil
                    continue
                }
                if let columns { #expect(cells(line) == columns, "\(name): \(line)") }
                columns = columns ?? cells(line)
            }
            #expect(fence == nil, "\(name): a fence stays open")
        }
    }

    @Test(arguments: [
        ("fc1", "`fc1`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a|b", "`a\\|b`"), ("", "`  `"),
        ("``x", "``` ``x ```"),
    ])
    func codeSpans(_ name: String, _ text: String) {
        #expect(MarkdownRenderer.codeSpan(name, inTable: true) == text)
    }

    @Test func wordsAreNoMarkup() {
        #expect(MarkdownRenderer.escapedText("<b>*a*_|[x]") == "\\<b\\>\\*a\\*\\_\\|\\[x\\]")
        let report = Report(Samples.hostile).markdown()
        #expect(report.hasPrefix("# a\\|b\\`c\\<script\\>"))
    }
}

@Suite struct SummaryTests {
    private let report = Report(Samples.comparison())

    @Test func rowsCarryTheFigures() {
        for (row, candidate) in zip(report.summary, report.comparison.candidates) {
            #expect(row.name == candidate.name)
            #expect(row.byteCount == candidate.evaluation.compressed.byteCount)
            #expect(row.accuracyChange == candidate.evaluation.predictions?.accuracyChange)
            #expect(row.sqnr == candidate.evaluation.totals.sqnr)
        }
        #expect(
            report.summary.enumerated().filter(\.element.isOnParetoFront).map(\.offset)
                == report.comparison.front)
    }

    @Test(arguments: [200, 90, 80, 60, 50, 42])
    func theTableFits(_ width: Int) {
        let table = report.summaryTable(width: width)
        #expect(table.width <= width)
        for line in table.description.split(separator: "\n") {
            #expect(SummaryTable.width(of: String(line)) <= width)
        }
        #expect(table.header.contains("ratio") && table.header.contains("change (points)"))
        #expect(table.rows.count == 6)
    }

    @Test func longNamesAreShortenedLast() {
        let comparison = compared(candidate("a-recipe-with-a-very-long-name-indeed", accuracy: (0.9, 0.9)))
        let table = Report(comparison).summaryTable(width: 40)
        #expect(table.width <= 40)
        #expect(table.rows[0][0].contains("…"))
    }

    @Test func wideCharactersCountTwice() {
        #expect(SummaryTable.width(of: "abc") == 3)
        #expect(SummaryTable.width(of: "重み😀") == 6)
    }
}
