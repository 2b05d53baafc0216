// Comparisons to write reports on: one as real runs give them, and those that break careless code.

import BantamEvaluator
import BantamTensors
import BantamTestSupport
import Foundation

/// What a recipe does to the weights of a sample, so that every figure follows from values.
struct SampleRecipe {
    var name: String
    /// The step that weights are rounded to; 0 leaves them.
    var step: Float = 0
    /// The fraction of the smallest weights that become zero.
    var sparsity = 0.0
    /// Singular values to keep of every matrix; the spectrum is made up, the weights are not touched.
    var rank: Int?
    var bytesPerWeight: Double
    var encoding: String
    /// Of a thousand samples predicted right, so many turn wrong; and of those wrong so many right.
    var lost = 0
    var gained = 0
}

enum Samples {
    static let recipes = [
        SampleRecipe(name: "lossless", bytesPerWeight: 3.71, encoding: "kept>coded"),
        SampleRecipe(
            name: "int8", step: 0.004, bytesPerWeight: 0.93, encoding: "quantized>coded", lost: 1, gained: 2),
        SampleRecipe(
            name: "int8-sparse", step: 0.004, sparsity: 0.5, bytesPerWeight: 0.71,
            encoding: "csr>quantized>coded", lost: 9, gained: 2),
        SampleRecipe(
            name: "low-rank", step: 0.02, sparsity: 0.2, rank: 24, bytesPerWeight: 0.78,
            encoding: "low-rank>quantized>coded", lost: 22, gained: 5),
        SampleRecipe(
            name: "small", step: 0.012, sparsity: 0.6, bytesPerWeight: 0.41,
            encoding: "csr>quantized>coded", lost: 6, gained: 3),
        SampleRecipe(
            name: "tiny", step: 0.05, sparsity: 0.85, bytesPerWeight: 0.18,
            encoding: "csr>quantized>coded", lost: 61, gained: 8),
    ]

    static let digits: [(name: String, shape: Shape)] = [
        ("fc1.weight", [300, 64]), ("fc1.bias", [300]), ("fc2.weight", [100, 300]), ("fc2.bias", [100]),
        ("fc3.weight", [10, 100]), ("fc3.bias", [10]),
    ]

    /// Names and shapes as a transformer has them.
    static func transformer(layers: Int, width: Int = 48) -> [(name: String, shape: Shape)] {
        (0..<layers).flatMap { layer -> [(name: String, shape: Shape)] in
            let parts: [(name: String, shape: Shape)] = [
                ("attention.self.query.weight", [width, width]), ("attention.self.query.bias", [width]),
                ("attention.output.dense.weight", [width, width]),
                ("intermediate.dense.weight", [2 * width, width]),
                ("output.LayerNorm.weight", [width]),
            ]
            return parts.map { ("encoder.layer.\(layer).\($0.name)", $0.shape) }
        }
    }

    /// A comparison of recipes over made-up weights; the same for the same arguments.
    static func comparison(
        title: String = "Digits MLP 64-300-100-10",
        tensors: [(name: String, shape: Shape)] = digits, recipes: [SampleRecipe] = recipes,
        samples: Int? = 899, classes: Int = 10
    ) -> Comparison {
        let candidates = recipes.enumerated().map { position, recipe in
            Comparison.Candidate(
                name: recipe.name,
                recipe:
                    "name: \(recipe.name)\nrules:\n  - match: \"*.weight\"\n    passes:\n      - quantize: {bits: 8, granularity: channel}\n  - otherwise: keep\ncoding: auto\n",
                evaluation: evaluation(tensors, recipe, samples: samples, classes: classes),
                passSeconds: [("prune", 0.00041), ("quantize", 0.00123), ("coding", 0.0187)],
                notes: [
                    "3 tensors kept: fc1.bias, fc2.bias, fc3.bias (rank below 2)",
                    "fc3.weight: sparse would be larger than plain; kept quantized",
                ])
        }
        return Comparison(
            title: title,
            command:
                "bantam compare SampleWeights/digits-mlp --recipe lossless --recipe int8 --recipe small --network SampleWeights/digits-mlp/network.yaml --data SampleWeights/digits-mlp/test.npz --output Reports/digits-mlp",
            candidates: candidates)
    }

    static func evaluation(
        _ tensors: [(name: String, shape: Shape)], _ recipe: SampleRecipe, samples: Int?, classes: Int
    ) -> Evaluation {
        var totals = ReconstructionError()
        let measured = tensors.enumerated().map { index, tensor in
            let result = measure(tensor.name, tensor.shape, recipe, seed: UInt64(index))
            totals += result.error
            return result
        }
        let elements = tensors.reduce(0) { $0 + $1.shape.elementCount }
        var original = MeasuredFile(
            path: "SampleWeights/digits-mlp/model.json", byteCount: 4 * elements + 640)
        var compressed = MeasuredFile(
            path: "Reports/\(recipe.name).safetensors",
            byteCount: measured.reduce(0) { $0 + $1.byteCount } + 1480)
        var predictions: PairedPredictions?
        if let samples {
            let paired = predict(recipe, samples: samples, classes: classes)
            (original.metrics, compressed.metrics, predictions) = (paired.0, paired.1, paired.2)
        }
        return Evaluation(
            original: original, compressed: compressed, elementCount: elements, totals: totals,
            tensors: measured, predictions: predictions,
            timing: Timing(
                decompression: 0.00081, originalInference: 0.0042, compressedInference: 0.0043,
                directInference: recipe.sparsity > 0 ? 0.0029 : nil))
    }

    static func measure(
        _ name: String, _ shape: Shape, _ recipe: SampleRecipe, seed: UInt64
    ) -> TensorEvaluation {
        var generator = SeededGenerator(seed: seed + 7)
        let isMatrix = shape.rank >= 2
        let weights = (0..<shape.elementCount).map { _ in 0.08 * generator.normal() }
        let cut = weights.map(\.magnitude).sorted()
        let threshold = cut.isEmpty ? 0 : cut[min(cut.count - 1, Int(recipe.sparsity * Double(cut.count)))]
        let restored = weights.map { weight -> Float in
            guard isMatrix else { return weight }
            if recipe.sparsity > 0 && weight.magnitude < threshold { return 0 }
            return recipe.step == 0 ? weight : (weight / recipe.step).rounded() * recipe.step
        }
        var error = ReconstructionError()
        error.count = weights.count
        for (x, y) in zip(weights, restored) {
            let (x, y) = (Double(x), Double(y))
            error.maxAbsError = max(error.maxAbsError, abs(x - y))
            error.squaredError += (x - y) * (x - y)
            error.squaredOriginal += x * x
            error.squaredReconstruction += y * y
            error.product += x * y
        }
        var histogram: PairedHistogram?
        let range = -0.32...0.32
        if !weights.isEmpty {
            func count(_ values: [Float]) -> [Int] {
                var bins = [Int](repeating: 0, count: 96)
                for value in values {
                    let bin = Int((Double(value) - range.lowerBound) / 0.64 * 96)
                    bins[min(95, max(0, bin))] += 1
                }
                return bins
            }
            histogram = PairedHistogram(range: range, before: count(weights), after: count(restored))
        }
        var spectrum: Spectrum?
        if let rank = recipe.rank, let matrix = shape.matrixForm {
            let count = min(matrix.rows, matrix.columns)
            let values = (0..<count).map { 3.1 * exp(-Double($0) / Double(count) * 4) }
            spectrum = Spectrum(singularValues: values, rank: min(rank, count))
        }
        let zeros = { (values: [Float]) in
            values.isEmpty ? 0 : Double(values.count { $0 == 0 }) / Double(values.count)
        }
        let bytes = isMatrix ? Int(recipe.bytesPerWeight * Double(weights.count)) + 16 : 4 * weights.count
        return TensorEvaluation(
            name: name, dtype: .float32, shape: shape, encoding: isMatrix ? recipe.encoding : "kept",
            originalByteCount: 4 * weights.count, byteCount: bytes, error: error,
            originalSparsity: zeros(weights), sparsity: zeros(restored), histogram: histogram,
            spectrum: spectrum)
    }

    private static func predict(
        _ recipe: SampleRecipe, samples: Int, classes: Int
    ) -> (ClassificationMetrics, ClassificationMetrics, PairedPredictions) {
        var labels: [Int] = []
        var before: [Int] = []
        var after: [Int] = []
        var generator = SeededGenerator(seed: 99)
        for index in 0..<samples {
            let label = index % classes
            let right = Int.random(in: 0..<1000, using: &generator) < 972
            let other = (label + 1 + Int.random(in: 0..<(classes - 1), using: &generator)) % classes
            let roll = Int.random(in: 0..<1000, using: &generator)
            labels.append(label)
            before.append(right ? label : other)
            after.append(
                right ? (roll < recipe.lost ? other : label) : (roll < 30 * recipe.gained ? label : other))
        }
        var paired = PairedPredictions(
            sampleCount: samples, agreeing: 0, onlyOriginalCorrect: 0, onlyCompressedCorrect: 0,
            interval: 0...0)
        for index in labels.indices {
            paired.agreeing += before[index] == after[index] ? 1 : 0
            paired.onlyOriginalCorrect +=
                before[index] == labels[index] && after[index] != labels[index] ? 1 : 0
            paired.onlyCompressedCorrect +=
                before[index] != labels[index] && after[index] == labels[index] ? 1 : 0
        }
        let changed = Double(paired.onlyOriginalCorrect + paired.onlyCompressedCorrect)
        let half = 1.96 * (changed + 1).squareRoot() / Double(samples)
        paired.interval = paired.accuracyChange - half...paired.accuracyChange + half
        return (
            metrics(labels, before, classes, likelihood: 0.0972),
            metrics(labels, after, classes, likelihood: 0.0972 + 0.002 * Double(recipe.lost)), paired
        )
    }

    static func metrics(
        _ labels: [Int], _ predictions: [Int], _ classes: Int, likelihood: Double
    ) -> ClassificationMetrics {
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        for (label, prediction) in zip(labels, predictions) { confusion[label][prediction] += 1 }
        let perClass = (0..<classes).map { index -> ClassificationMetrics.PerClass in
            let right = Double(confusion[index][index])
            let support = confusion[index].reduce(0, +)
            let predicted = confusion.reduce(0) { $0 + $1[index] }
            let precision = predicted == 0 ? 0 : right / Double(predicted)
            let recall = support == 0 ? 0 : right / Double(support)
            let sum = precision + recall
            return .init(
                support: support, precision: precision, recall: recall,
                f1: sum == 0 ? 0 : 2 * precision * recall / sum)
        }
        let right = zip(labels, predictions).count { $0 == $1 }
        return ClassificationMetrics(
            sampleCount: labels.count, accuracy: Double(right) / Double(max(labels.count, 1)),
            top5Accuracy: classes > 5 ? 0.9978 : nil, negativeLogLikelihood: likelihood, classes: perClass,
            confusion: confusion)
    }

    // The odd ones.

    static let hostileName = "a|b`c<script>alert(\"1\")</script>&'😀\u{202e}\u{0}\n**x**"

    static var single: Comparison {
        var one = comparison(title: "model.safetensors", recipes: [recipes[4]])
        one.candidates[0].recipe = ""
        return one
    }
    static var unmeasured: Comparison {
        comparison(title: "all-MiniLM-L6-v2", tensors: transformer(layers: 8), samples: nil)
    }
    static var losslessOnly: Comparison { comparison(recipes: [recipes[0]], samples: nil) }
    static var larger: Comparison {
        comparison(recipes: [
            SampleRecipe(name: "csr-of-dense", bytesPerWeight: 6.2, encoding: "csr"), recipes[1],
        ])
    }
    static var huge: Comparison {
        comparison(
            title: "3,000 tensors", tensors: transformer(layers: 600, width: 12),
            recipes: Array(recipes[1...3]), samples: 2000, classes: 40)
    }
    static var empty: Comparison {
        comparison(tensors: [("nothing", [0, 4]), ("scalar", []), ("none", [0])])
    }
    static var tensorless: Comparison { comparison(tensors: [], samples: nil) }
    static var hostile: Comparison {
        var comparison = comparison(
            title: hostileName, tensors: digits.map { ($0.name + hostileName, $0.shape) },
            recipes: recipes.map {
                var recipe = $0
                recipe.name += hostileName
                return recipe
            })
        for index in comparison.candidates.indices {
            comparison.candidates[index].notes.append(hostileName)
            comparison.candidates[index].recipe += "# " + hostileName + "\n```\n"
        }
        comparison.command += hostileName
        return comparison
    }
    /// Figures that are no numbers, and a tensor of zeros that became something.
    static var undefined: Comparison {
        var comparison = comparison(samples: nil)
        for (index, value) in [Double.nan, .infinity, 1].enumerated() {
            var error = comparison.candidates[index].evaluation.tensors[0].error
            error.squaredError = value
            error.squaredOriginal = 0
            error.maxAbsError = value
            comparison.candidates[index].evaluation.tensors[0].error = error
            comparison.candidates[index].evaluation.totals = error
            comparison.candidates[index].evaluation.tensors[0].spectrum = Spectrum(
                singularValues: [value, 0], rank: 9)
        }
        comparison.candidates[3].evaluation.timing = Timing(decompression: .nan)
        return comparison
    }

    static let all: [(name: String, comparison: Comparison)] = {
        [
            ("digits", comparison()), ("single", single), ("unmeasured", unmeasured),
            ("lossless", losslessOnly), ("larger", larger), ("huge", huge), ("empty", empty),
            ("tensorless", tensorless), ("hostile", hostile), ("undefined", undefined),
            ("curved", curved), ("curve alone", curveAlone), ("hostile curve", hostileCurve),
            ("pointless curve", pointlessCurve),
        ]
    }()
}
