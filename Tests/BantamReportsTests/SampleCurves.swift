// Rate–distortion curves to write reports on.

import BantamEvaluator
import BantamTensors

extension Samples {
    /// 50,000 unit Gaussian weights of 51,000, held in a tenth of a bit more than the bound, and in half a bit more.
    static func curve(accuracy: Double? = 0.97, names: [String] = ["int4", "int8"]) -> RateDistortionCurve {
        let bound = GaussianBound([.init(variance: 1, count: 50_000)])
        func point(_ name: String, _ kind: RateDistortionCurve.Kind, bits: Double, beside: Double)
            -> RateDistortionCurve.Point
        {
            var predictions: PairedPredictions?
            if accuracy != nil {
                let lost = Int(60 / bits)
                predictions = PairedPredictions(
                    sampleCount: 1000, agreeing: 1000 - lost, onlyOriginalCorrect: lost,
                    onlyCompressedCorrect: 0,
                    interval: PairedPredictions.scoreInterval(won: 0, lost: lost, of: 1000))
            }
            return .init(
                name: name, kind: kind, pass: "quantize: {\(name)}",
                byteCount: Int((bits + beside) * 50_000 / 8),
                squaredError: bound.squaredError(bits: bits * 50_000),
                accuracy: accuracy.map { $0 + (predictions?.accuracyChange ?? 0) }, predictions: predictions)
        }
        let ladder = [0.5, 1, 2, 3, 4, 6, 8].map { bits in
            point("\(6 * bits) dB", .rateDistortion, bits: bits, beside: 0.1)
        }
        let fixed = names.enumerated().map { index, name in
            point(name, .fixedWidth, bits: 3.5 + 4 * Double(index % 2), beside: 0.5)
        }
        var original = MeasuredFile(path: "weights.safetensors", byteCount: 204_567)
        if let accuracy {
            original.metrics = ClassificationMetrics(
                sampleCount: 1000, accuracy: accuracy, top5Accuracy: nil, negativeLogLikelihood: 0.1,
                classes: [],
                confusion: [])
        }
        return RateDistortionCurve(
            original: original, tensorCount: 5, elementCount: 51_000, matrixCount: 2,
            matrixElementCount: 50_000,
            energy: 50_000, bound: bound, points: ladder + fixed, notes: ["nf4: expected another model"])
    }

    static var curved: Comparison {
        var result = comparison()
        result.curve = curve()
        return result
    }
    static var curveAlone: Comparison {
        Comparison(
            title: "curve", command: "bantam compare m --curve", candidates: [], curve: curve(accuracy: nil))
    }
    static var hostileCurve: Comparison {
        var curve = curve(names: [hostileName, "", "int4", "int4", "int4"])
        for (index, value) in [Double.nan, .infinity, 0, -1].enumerated() {
            curve.points[index].squaredError = value
            curve.points[index].accuracy = value
        }
        curve.points[4].byteCount = 0
        curve.energy = 0
        curve.original.path = hostileName
        curve.notes = [hostileName]
        return Comparison(title: "hostile", command: "", candidates: [], curve: curve)
    }
    static var pointlessCurve: Comparison {
        var curve = curve()
        curve.points = []
        return Comparison(title: "pointless", command: "", candidates: [], curve: curve)
    }
}
