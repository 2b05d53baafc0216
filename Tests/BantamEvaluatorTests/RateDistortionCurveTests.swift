import BantamEvaluator
import BantamLoaders
import Foundation
import Testing

@Suite struct RateDistortionCurveTests {
    private func point(
        _ name: String, _ kind: RateDistortionCurve.Kind, bytes: Int, error: Double
    ) -> RateDistortionCurve.Point {
        .init(name: name, kind: kind, pass: "p", byteCount: bytes, squaredError: error)
    }

    /// 800 unit Gaussian weights and 200 others.
    private var curve: RateDistortionCurve {
        RateDistortionCurve(
            original: MeasuredFile(path: "m", byteCount: 4000), tensorCount: 3, elementCount: 1000,
            matrixCount: 1, matrixElementCount: 800, energy: 800,
            bound: GaussianBound([.init(variance: 1, count: 800)]),
            points: [
                point("10 dB", .rateDistortion, bytes: 250, error: 80),
                point("20 dB", .rateDistortion, bytes: 500, error: 8),
                point("exact", .rateDistortion, bytes: 900, error: 0),
                point("int4", .fixedWidth, bytes: 600, error: 80 / 10.0.squareRoot()),
                point("int2", .fixedWidth, bytes: 200, error: 800),
            ], notes: ["a note"])
    }

    @Test func figuresFollowFromSums() {
        let curve = curve
        #expect(curve.bitsPerWeight(curve.points[0]) == 2 && curve.bitsPerWeight(curve.points[3]) == 4.8)
        #expect(curve.sqnr(curve.points[0]) == 10 && curve.sqnr(curve.points[1]) == 20)
        #expect(curve.sqnr(curve.points[2]) == .infinity && curve.sqnr(curve.points[4]) == 0)
        // A bit for each of 800 weights is 6.02 dB and 0.8 bits for each of 1000.
        let bit = 20 * log10(2.0)
        #expect(abs(curve.boundBitsPerWeight(sqnr: bit) - 0.8) < 1e-12)
        #expect(abs(curve.boundSQNR(bitsPerWeight: 0.8) - bit) < 1e-12)
        #expect(
            curve.boundBitsPerWeight(sqnr: 0) == 0 && curve.boundBitsPerWeight(sqnr: .infinity) == .infinity)
    }

    @Test func betweenPointsIsAStraightLine() throws {
        let curve = curve
        #expect(curve.rateDistortionBitsPerWeight(sqnr: 10) == 2)
        #expect(curve.rateDistortionBitsPerWeight(sqnr: 20) == 4)
        #expect(abs(try #require(curve.rateDistortionBitsPerWeight(sqnr: 15)) - 3) < 1e-12)
        for beyond in [9.9, 20.1, .infinity, -.infinity, .nan] {
            #expect(curve.rateDistortionBitsPerWeight(sqnr: beyond) == nil)
        }
    }

    @Test func jsonHasEveryFigure() throws {
        let json = curve.json()
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(json.prettyText.utf8)) as? [String: Any])
        let points = try #require(root["points"] as? [[String: Any]])
        #expect(points.map { $0["bytes"] as? Int } == [250, 500, 900, 600, 200])
        #expect(points.map { $0["kind"] as? String }.filter { $0 == "rate-distortion" }.count == 3)
        #expect(abs(try #require(points[3]["rate_distortion_bits_per_weight"] as? Double) - 3) < 1e-9)
        #expect(points[2]["sqnr_db"] is NSNull && points[0]["accuracy"] is NSNull)
        let bound = try #require(root["bound"] as? [[String: Double]])
        #expect(bound.map { $0["bits_per_weight"] } == (0...14).map { Double($0) / 2 })
        #expect(abs(try #require(bound[8]["sqnr_db"]) - 5 * 20 * log10(2.0)) < 1e-9)
        #expect(root["matrix_elements"] as? Int == 800 && root["notes"] as? [String] == ["a note"])
    }

    @Test func aComparisonSaysWhetherItHasOne() {
        var comparison = Comparison(title: "t", command: "", candidates: [])
        #expect(comparison.json()["curve"] == .null)
        comparison.curve = curve
        #expect(comparison.json()["curve"] == curve.json())
    }
}
