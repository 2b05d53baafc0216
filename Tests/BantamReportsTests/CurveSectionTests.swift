import BantamEvaluator
import Foundation
import Testing

@testable import BantamReports

@Suite struct CurveSectionTests {
    private func text(_ html: String) -> String {
        html.replacingOccurrences(of: "\u{a0}", with: " ").replacing(/<[^>]*>/, with: "")
    }

    @Test func everyFigureIsInBothRenderings() throws {
        let report = Report(Samples.curved)
        let curve = try #require(report.comparison.curve)
        let (html, markdown) = (text(report.html()), report.markdown())
        for text in [html, markdown] {
            #expect(text.contains("What a bit buys") && text.contains("Gaussian bound"))
            #expect(text.contains("Left out: nf4: expected another model"))
            #expect(text.contains("51,000 weights") && text.contains("2 matrices with 98.0 %"))
            for point in curve.points {
                let bits = curve.bitsPerWeight(point)
                for figure in [
                    Format.bitsPerWeight(bits), Format.decibels(curve.sqnr(point)),
                    Format.bitsPerWeight(curve.boundBitsPerWeight(sqnr: curve.sqnr(point))),
                    Format.percent(try #require(point.accuracy), decimals: 2),
                    Format.points(try #require(point.predictions).interval, decimals: 2),
                ] { #expect(text.contains(figure), "\(figure)") }
            }
        }
    }

    /// Half a bit beside 3.5 and 7.5 bits, where rate–distortion quantization has a tenth: 10 % and 5 % fewer.
    @Test func theFindingFollowsFromTheFigures() {
        let report = text(Report(Samples.curved).html())
        #expect(report.contains("with 5 % (int8) to 10 % (int4) fewer bytes than codes of a fixed width"))
        #expect(report.contains("It needs 0.10 to 0.10 bits per weight more than the Gaussian bound"))
        #expect(report.contains("Error is not accuracy: the same error"))
        // Half as many bytes make the ladder beat the bound, and the codes the ladder.
        var curve = Samples.curve()
        for index in curve.points.indices where ["int4", "48.0 dB"].contains(curve.points[index].name) {
            curve.points[index].byteCount /= 2
        }
        let other = text(Report(Comparison(title: "", command: "", candidates: [], curve: curve)).html())
        #expect(curve.points.count { $0.name == "48.0 dB" } == 1)
        #expect(other.contains("int4 needs no more bytes than it for the same error"))
        #expect(other.contains("fewer bits than the Gaussian bound"))
    }

    @Test func whatKeepsMoreAccuracyIsNamed() {
        var curve = Samples.curve()
        let position = curve.points.firstIndex { $0.name == "int4" }!
        curve.points[position].predictions?.interval = 0.001...0.002
        let report = text(Report(Comparison(title: "", command: "", candidates: [], curve: curve)).html())
        #expect(report.contains("on this data int4 keeps more of it at the same size"))
    }

    @Test func chartsMarkEveryPoint() {
        let count = { (html: String, style: String) in
            html.components(separatedBy: "class=\"\(style)\"").count - 1
        }
        let both = Report(Samples.curved).html()
        // Two charts, each for wide and for narrow screens.
        #expect(count(both, "curve-point") == 4 * 7)
        #expect(count(both, "curve") == 4 && count(both, "bound") == 2 && count(both, "band") == 2)
        let one = Report(Samples.curveAlone).html()
        #expect(count(one, "curve-point") == 2 * 7 && count(one, "off-front") == 2 * 2)
        #expect(count(one, "band") == 0 && !one.contains("Bits against accuracy"))
    }

    /// The bound is a straight line of 6.02 dB a bit, and a marker stands where its figures say.
    @Test func placesAreThoseOfTheFigures() throws {
        let chart = CurveChart(
            curve: [.init(bits: 1, quality: 6, tooltip: "a"), .init(bits: 4, quality: 24, tooltip: "b")],
            others: [.init(bits: 2, quality: 6, tooltip: "c"), .init(bits: 3, quality: -9, tooltip: "d")],
            bound: { 6 * $0 }, qualityTitle: "SQNR", unit: " dB", domain: 0...30)
        let svg = chart.draw(width: 460, height: 400, label: "test")
        let scaleX = { (bits: Double) in 62 + bits / 4.24 * (446 - 62) }
        let scaleY = { (quality: Double) in 354 - quality / 30 * (354 - 30) }
        for (bits, quality) in [(1.0, 6.0), (4, 24)] {
            #expect(
                svg.contains("cx=\"\(SVG.place(scaleX(bits)))\" cy=\"\(SVG.place(scaleY(quality)))\""))
        }
        // The diamond's right corner; the one that is too low is a triangle on the edge.
        #expect(svg.contains("L\(SVG.place(scaleX(2) + 6)) \(SVG.place(scaleY(6)))L"))
        #expect(svg.contains("L\(SVG.place(scaleX(3))) \(SVG.place(scaleY(0)))Z"))
        let path = try #require(svg.firstMatch(of: /class="bound" d="M([^"]*)"/)).1
        let ends = path.split(separator: "L").map { $0.split(separator: " ").compactMap { Double($0) } }
        #expect(abs(ends[0][0] - 62) < 0.1 && abs(ends[0][1] - 354) < 0.1)
        #expect(abs(ends[ends.count - 1][0] - scaleX(4.24)) < 0.1)
        #expect(abs(ends[ends.count - 1][1] - scaleY(6 * 4.24)) < 0.1)
    }
}
