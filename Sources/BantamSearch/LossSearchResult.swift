import BantamEvaluator
import BantamRecipes

/// What a search found, and what the other half of the data says of it.
public struct LossSearchResult: Sendable {
    /// One strength that was tried.
    public struct Point: Sendable, Equatable {
        /// The strength: a step in root mean squares of its tensor, roughly.
        public var strength: Double
        /// The mean loss on the half that was searched with.
        public var loss: Double
    }

    /// One way to share out the steps, and the strengths tried along it.
    public struct Path: Sendable {
        /// How steps are shared out: by `measurement`, or by `sensitivity` or `magnitude`.
        public var allocation: String
        /// What is under this many steps becomes zero, at most.
        public var deadZone: Double
        /// What was tried, from the smallest steps to the largest.
        public var points: [Point]
        /// The strength taken; `nil`: none keeps the promise.
        public var chosen: Double?
        /// The size of the file at that strength.
        public var byteCount: Int?
        var recipe: StepRecipe?
    }

    /// What was promised.
    public var bound: LossBound
    /// The recipe, as YAML.
    public var recipeText: String
    /// Bytes of the file it makes.
    public var byteCount: Int
    /// Bytes of the original.
    public var originalByteCount: Int
    /// Whether the file is compressed losslessly, because nothing lossy keeps the promise or is smaller.
    public var isLossless: Bool
    /// What was searched.
    public var paths: [Path]
    /// The half of the data that was searched with: its figures flatter.
    public var search: HalfResult
    /// The half that took no part.
    public var report: HalfResult

    /// Compressions tried.
    public var trialCount: Int { paths.reduce(0) { $0 + $1.points.count } }
    /// Original bytes over compressed bytes.
    public var ratio: Double { Double(originalByteCount) / Double(max(byteCount, 1)) }
    /// What the bound allows on the half that took no part, in the unit of the figure.
    public var allowed: Double { bound.allowed(original: report.original) }
    /// Whether the half that took no part lost no more than was allowed.
    public var isKept: Bool { report.loss <= allowed + 1e-9 }
    /// Whether even the bad end of the interval is within what was allowed.
    public var isProven: Bool { report.interval.upperBound <= allowed + 1e-9 }

    /// The recipe to run.
    ///
    /// - Throws: ``BantamError`` if it could not be read, which would be a fault of the search.
    public func recipe() throws -> Recipe { try Recipe(yaml: recipeText, file: "max-loss") }
}

/// What one half of the data says.
public struct HalfResult: Sendable, Equatable {
    /// Its samples.
    public var sampleCount: Int
    /// The original's figure.
    public var original: Double
    /// The compressed weights' figure.
    public var compressed: Double
    /// How much worse that is: points of a fraction, nats.
    public var loss: Double
    /// The 95 % confidence interval of the loss: Tango's score interval for counts, the normal one for others.
    public var interval: ClosedRange<Double>

    init(_ bench: LossBench, losses: [Double]) {
        sampleCount = losses.count
        // Likelihoods as the evaluator gives them: the less the better.
        let sign: Double = bench.metric.isCount ? 1 : -1
        let estimate = LossEstimate([losses], isCount: false)
        original = sign * bench.figure
        loss = estimate.mean
        compressed = original - sign * loss
        if bench.metric.isCount {
            let change = PairedPredictions.scoreInterval(
                won: losses.count { $0 < 0 }, lost: losses.count { $0 > 0 }, of: losses.count)
            interval = -change.upperBound...(-change.lowerBound)
        } else {
            let samples = Double(max(losses.count, 1))
            let margin =
                1.959_963_984_540_054 * (estimate.variance / max(samples - 1, 1)).squareRoot()
            interval =
                margin.isFinite && loss.isFinite ? loss - margin...loss + margin : -.infinity ... .infinity
        }
    }
}
