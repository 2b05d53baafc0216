// Why: a candidate is tried as the file it would be, written and read back, so that what is judged is what users get.

import BantamArchive
import BantamCoding
import BantamEvaluator
import BantamInference
import BantamLoaders
import BantamRecipes
import BantamTensors

/// A way to share out the loss over the tensors, of which one strength decides.
struct StepWay: Sendable {
    /// What reports call it.
    var name: String
    /// What is under this many steps becomes zero; `nil` if that differs from tensor to tensor.
    var deadZone: Float?
    /// How each tensor is held at a strength.
    var treatments: @Sendable (Double) -> [StepRecipe.Treatment?]
}

/// The compressions that a search tries.
struct StepTrials {
    private let search: LossSearch
    private let path: String

    /// Points of the grid to an octave of strength.
    static let pointsPerOctave = 16
    /// How many neighbours on either side a point is judged with.
    static let neighbours = 3
    /// The lowest and highest strength tried, as powers of two: steps of 1/128 to 8 times the root mean square.
    static let octaves = -7...3

    init(_ search: LossSearch, path: String) {
        self.search = search
        self.path = path
    }

    /// Steps of an allocation.
    func way(_ allocation: StepAllocation, deadZone: Float) -> StepWay {
        // A scale and what a header says of it take more than a short vector saves.
        let kinds: [StepRecipe.Treatment?] = search.source.entries.map { entry in
            guard entry.shape.rank < 2, entry.shape.elementCount < 64 else { return nil }
            return entry.dtype == .float32 || entry.dtype == .float64 ? .half : .keep
        }
        return StepWay(name: allocation.kind.rawValue, deadZone: deadZone) { strength in
            zip(kinds, allocation.steps(strength)).map { kind, step in
                step.map { kind ?? .steps($0, deadZone: deadZone) }
            }
        }
    }

    /// Steps by what was measured of every tensor; `nil` for models so large that this would take long.
    func measuredWays(_ scales: [TensorScale?]) throws -> [StepWay] {
        guard search.source.tensorByteCount <= StepTrials.measuredByteLimit else { return [] }
        let bench = search.searchBench
        let curves = try StepCurves(
            of: search.source, scales: scales, coding: .automatic(search.optimize), workers: search.workers
        ) { file, workers in
            try bench.outputs(of: file, workers: workers).marginDistance(to: bench.outputs)
        }
        guard let curves else { return [] }
        return [Float(0.5), 0.6, 0.7].map { deadZone in
            let curves = curves.upTo(deadZone: deadZone)
            return StepWay(name: "measurement", deadZone: deadZone) { curves.treatments($0) }
        }
    }

    /// The largest model of which every tensor is measured alone.
    private static let measuredByteLimit = 4 << 20

    /// The squared error of the outputs when each tensor alone is rounded to half its root mean square.
    func outputErrors(_ scales: [TensorScale?]) throws -> [(step: Float, error: Double)?] {
        try map(scales.count) { index, workers in
            guard let scale = scales[index] else { return nil }
            let step = Float(scale.magnitude / 2).withEightBits
            let recipe = StepRecipe(
                tensors: [(search.source.entries[index].name, .steps(step, deadZone: 0.5))], coding: "none",
                comment: "One tensor alone.")
            let outputs = try compressed(recipe, workers).0 { file in
                try search.searchBench.outputs(of: file, workers: workers)
            }
            return (step, try outputs.squaredDistance(to: search.searchBench.outputs))
        }
    }

    /// Goes up the grid of strengths as far as the promise is kept.
    func climb(_ way: StepWay) throws -> LossSearchResult.Path {
        let bench = search.searchBench
        let isCount = search.bound.metric.isCount
        let allowed = search.bound.allowed(original: bench.figure)
        var losses: [Int: [Double]] = [:]
        // Neighbouring strengths may come to the same steps.
        var known: [[StepRecipe.Treatment?]: [Double]] = [:]
        func tryPoints(_ points: [Int]) throws {
            let ways = points.map { treatments(way, at: $0) }
            let missing = Array(Set(ways).filter { known[$0] == nil })
            let found = try map(missing.count) { index, workers in
                try compressed(
                    recipe(missing[index], comment: "One point.", coding: "none", optimize: nil), workers
                ).0 { try bench.losses(of: $0, workers: workers) }
            }
            for (treatments, loss) in zip(missing, found) { known[treatments] = loss }
            for (point, treatments) in zip(points, ways) { losses[point] = known[treatments] }
        }
        let perOctave = StepTrials.pointsPerOctave
        let lowest = StepTrials.octaves.lowerBound * perOctave
        let highest = StepTrials.octaves.upperBound * perOctave
        // Whole octaves first: where the loss as counted is too much twice in a row, there is no need to look.
        let coarse = Array(stride(from: lowest, through: highest, by: perOctave))
        try tryPoints(coarse)
        let isWithin = coarse.map { point in
            LossEstimate([losses[point]!], isCount: false).mean <= allowed + 1e-9
        }
        let last = isWithin.lastIndex(of: true).map { coarse[$0] } ?? lowest
        let first = isWithin.firstIndex(of: false).map { coarse[$0] } ?? highest
        var best: Int?
        // From the last octave that looks well downwards, until one holds a point that passes.
        var top = min(highest, max(last, first) + perOctave)
        while best == nil, top > lowest {
            let bottom = max(lowest, top - perOctave)
            let margin = StepTrials.neighbours
            try tryPoints(Array(bottom - margin...top + margin))
            best = (bottom...top).last { point in
                let window = (point - margin...point + margin).map { losses[$0]! }
                return LossEstimate(window, isCount: isCount).keeps(
                    allowed, on: search.split.report.count, isCount: isCount)
                    && LossEstimate([losses[point]!], isCount: false).mean <= allowed + 1e-9
            }
            top = bottom
        }
        var result = LossSearchResult.Path(
            allocation: way.name, deadZone: way.deadZone.map { Double($0) },
            points: losses.sorted { $0.key < $1.key }.map { point, loss in
                .init(strength: StepTrials.strength(point), loss: LossEstimate([loss], isCount: false).mean)
            })
        if let best {
            let strength = StepTrials.strength(best)
            let recipe = recipe(
                treatments(way, at: best),
                comment:
                    "The smallest file found for a loss of \(search.bound): steps by \(way.name), strength \(Float(strength)).",
                coding: "auto", optimize: search.optimize.rawValue)
            result.chosen = strength
            (result.recipe, result.byteCount) = (recipe, try measured(recipe).byteCount)
        }
        return result
    }

    /// A recipe and the size of the file it makes.
    func measured(_ recipe: StepRecipe) throws -> (recipe: StepRecipe, byteCount: Int) {
        (recipe, try compressed(recipe, search.workers).1)
    }

    /// What the other half says of the choice.
    func report(
        _ chosen: (recipe: StepRecipe, byteCount: Int), paths: [LossSearchResult.Path], lossless: Bool
    ) throws -> LossSearchResult {
        let (searchBench, reportBench) = (search.searchBench, search.reportBench)
        return try compressed(chosen.recipe, search.workers).0 { file in
            LossSearchResult(
                bound: search.bound, recipeText: chosen.recipe.text, byteCount: chosen.byteCount,
                originalByteCount: search.source.fileByteCount, isLossless: lossless, paths: paths,
                search: HalfResult(
                    searchBench, losses: try searchBench.losses(of: file, workers: search.workers)),
                report: HalfResult(
                    reportBench, losses: try reportBench.losses(of: file, workers: search.workers)))
        }
    }

    private func treatments(_ way: StepWay, at point: Int) -> [StepRecipe.Treatment?] {
        way.treatments(StepTrials.strength(point))
    }

    private func recipe(
        _ treatments: [StepRecipe.Treatment?], comment: String, coding: String, optimize: String?
    ) -> StepRecipe {
        StepRecipe(
            tensors: zip(search.source.entries, treatments).compactMap { entry, treatment in
                treatment.map { (entry.name, $0) }
            },
            coding: coding, optimize: optimize, comment: comment)
    }

    /// 2^(point/16), from square roots, which are the same on every processor.
    static func strength(_ point: Int) -> Double {
        let root = 2.0.squareRoot().squareRoot().squareRoot().squareRoot()
        let octave = Int((Double(point) / Double(pointsPerOctave)).rounded(.down))
        var result = 1.0
        for _ in 0..<(point - octave * pointsPerOctave) { result *= root }
        for _ in 0..<abs(octave) { result *= octave < 0 ? 0.5 : 2 }
        return result
    }

    /// A way to use the file that a recipe makes, and its size.
    private func compressed(
        _ recipe: StepRecipe, _ workers: Workers
    ) throws -> (use: Trial, byteCount: Int) {
        let plan = try Plan(Recipe(yaml: recipe.text, file: "search"), for: search.source)
        let output = try OutputFile(neverNamedBeside: path)
        let compression = try Compression(plan, of: search.source, to: output, workers: workers)
        search.progress()
        return (Trial(output: output, workers: workers), compression.byteCount)
    }

    /// A file that is there while it is used.
    struct Trial {
        let output: OutputFile
        let workers: Workers

        func callAsFunction<Result>(_ body: (CompressedFile) throws -> Result) throws -> Result {
            try withExtendedLifetime(output) {
                try body(CompressedFile(output.readablePath, workers: workers))
            }
        }
    }

    /// Small models side by side, large ones one after another.
    private func map<Result: Sendable>(
        _ count: Int, _ body: @Sendable (Int, Workers) throws -> Result
    ) throws -> [Result] {
        guard search.source.tensorByteCount <= 64 << 20 else {
            return try (0..<count).map { try body($0, search.workers) }
        }
        return try search.workers.map(count) { try body($0, .one) }
    }
}

import Foundation
let mode = ProcessInfo.processInfo.environment["MODE"] ?? "margin"
extension Tensor {
    fileprivate func marginDistance(to other: Tensor) throws -> Double {
        let columns = shape.axes.last ?? 1
        if mode == "square" { return try squaredDistance(to: other) }
        return try float32().withElements(as: Float.self) { mine in
            try other.float32().withElements(as: Float.self) { theirs in
                var total = 0.0
                for row in stride(from: 0, to: min(mine.count, theirs.count), by: max(columns, 1)) {
                    if mode == "kl" {
                        func logsum(_ x: UnsafeBufferPointer<Float>) -> Double {
                            let m = (row..<row + columns).map { Double(x[$0]) }.max()!
                            return m + log((row..<row + columns).reduce(0.0) { $0 + exp(Double(x[$1]) - m) })
                        }
                        let (a, b) = (logsum(theirs), logsum(mine))
                        for c in row..<row + columns {
                            let p = Double(theirs[c]) - a
                            total += exp(p) * (p - Double(mine[c]) + b)
                        }
                        continue
                    }
                    var (sum, square) = (0.0, 0.0)
                    var (top, second) = (-Double.infinity, -Double.infinity)
                    for column in row..<row + columns {
                        let v = Double(theirs[column])
                        if v > top { (top, second) = (v, top) } else if v > second { second = v }
                        let difference = Double(mine[column]) - v
                        sum += difference
                        square += difference * difference
                    }
                    let d = square - sum * sum / Double(max(columns, 1))
                    let m = (top - second) * (top - second)
                    if d > 0 { total += d / (d + m) }
                }
                return total
            }
        }
    }

    /// Σ over rows of the squared distance between two sets of outputs, a shift of a whole row not counted: it changes
    /// neither predictions nor probabilities.
    fileprivate func squaredDistance(to other: Tensor) throws -> Double {
        let columns = shape.axes.last ?? 1
        return try float32().withElements(as: Float.self) { mine in
            try other.float32().withElements(as: Float.self) { theirs in
                var total = 0.0
                for row in stride(from: 0, to: min(mine.count, theirs.count), by: max(columns, 1)) {
                    var (sum, square) = (0.0, 0.0)
                    for column in row..<row + columns {
                        let difference = Double(mine[column]) - Double(theirs[column])
                        sum += difference
                        square += difference * difference
                    }
                    total += square - sum * sum / Double(max(columns, 1))
                }
                return total
            }
        }
    }
}
