// Why: a candidate is tried as the file it would be, written and read back, so that what is judged is what users get.

import BantamCoding
import BantamEvaluator
import BantamLoaders
import BantamRecipes
import BantamTensors

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

    /// The squared error of the outputs when each tensor alone is rounded to half its root mean square.
    func outputErrors(_ scales: [TensorScale?]) throws -> [(step: Float, error: Double)?] {
        try map(scales.count) { index, workers in
            guard let scale = scales[index] else { return nil }
            let step = Float(scale.magnitude / 2).withEightBits
            let recipe = StepRecipe(
                tensors: [(search.source.entries[index].name, .steps(step, deadZone: 0.5))], coding: "none",
                comment: "One tensor alone.")
            let error = try compressed(recipe, workers).0 { file in
                try search.searchBench.networkBench.squaredError(of: file, workers: workers)
            }
            return (step, error)
        }
    }

    /// The ways to share out the loss.
    ///
    /// What each tensor alone takes and does is measured in small models, where that is quick. In others one run of the
    /// network for each says how much an error in it costs.
    func ways(_ scales: [TensorScale?]) throws -> [StepWay] {
        if search.source.tensorByteCount <= StepTrials.measuredByteLimit {
            let bench = search.searchBench
            let curves = try StepCurves(of: search.source, scales: scales, workers: search.workers) {
                try bench.divergence(of: $0, workers: $1)
            }
            if let curves { return StepCurves.deadZones.map { StepWay(curves, deadZone: $0) } }
        }
        let allocation =
            try StepAllocation(scales, errors: outputErrors(scales)) ?? StepAllocation(magnitudesOf: scales)
        return [Float(0.5), 0.6].map { StepWay(allocation, deadZone: $0, of: search.source) }
    }

    /// The largest model of which every tensor is measured alone, in many ways.
    private static let measuredByteLimit = 4 << 20

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
            allocation: way.name, deadZone: Double(way.deadZone),
            points: losses.sorted { $0.key < $1.key }.map { point, loss in
                .init(strength: StepTrials.strength(point), loss: LossEstimate([loss], isCount: false).mean)
            })
        if let best {
            let strength = StepTrials.strength(best)
            let recipe = recipe(
                treatments(way, at: best),
                comment:
                    "The smallest file found for a loss of \(search.bound): steps by \(way.name), "
                    + "strength \(Float(strength)).",
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
    ) throws -> (use: TrialFile, byteCount: Int) {
        let trial = try TrialFile(
            Plan(Recipe(yaml: recipe.text, file: "search"), for: search.source), of: search.source,
            beside: path,
            workers: workers)
        search.progress()
        return (trial, trial.byteCount)
    }

    private func map<Result: Sendable>(
        _ count: Int, _ body: @Sendable (Int, Workers) throws -> Result
    ) throws -> [Result] {
        try search.workers.mapTrials(count, of: search.source, body)
    }
}
