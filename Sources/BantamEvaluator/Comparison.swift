/// Several recipes run over one model, each evaluated against the original.
public struct Comparison: Sendable {
    /// One recipe and what came of it.
    public struct Candidate: Sendable {
        /// The recipe's name.
        public var name: String
        /// The recipe as YAML.
        public var recipe: String
        /// What was measured.
        public var evaluation: Evaluation
        /// Seconds spent in each kind of pass and in coding, in order of first use.
        public var passSeconds: [(pass: String, seconds: Double)]
        /// What was kept, skipped, fell back or was chosen.
        public var notes: [String]

        /// An evaluated recipe.
        public init(
            name: String, recipe: String, evaluation: Evaluation,
            passSeconds: [(pass: String, seconds: Double)], notes: [String]
        ) {
            self.name = name
            self.recipe = recipe
            self.evaluation = evaluation
            self.passSeconds = passSeconds
            self.notes = notes
        }
    }

    /// What the report is called.
    public var title: String
    /// The command that makes the report again.
    public var command: String
    /// The recipes in the order they were asked for; at least one, or a curve.
    public var candidates: [Candidate]
    /// What the model loses at several numbers of bits; none unless it was asked for.
    public var curve: RateDistortionCurve?

    /// A comparison.
    public init(
        title: String, command: String, candidates: [Candidate], curve: RateDistortionCurve? = nil
    ) {
        self.title = title
        self.command = command
        self.candidates = candidates
        self.curve = curve
    }

    /// The positions of candidates that no other one beats: none is both as small and as accurate, and
    /// better in one of the two. Without accuracy the total SQNR takes its place.
    public var paretoFront: [Int] {
        let quality = candidates.map {
            $0.evaluation.compressed.metrics?.accuracy ?? $0.evaluation.totals.sqnr
        }
        let size = candidates.map { $0.evaluation.compressed.byteCount }
        return candidates.indices.filter { mine in
            !candidates.indices.contains { other in
                size[other] <= size[mine] && quality[other] >= quality[mine]
                    && (size[other] < size[mine] || quality[other] > quality[mine])
            }
        }
    }
}
