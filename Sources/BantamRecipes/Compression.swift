import BantamArchive
import BantamEncodings
import BantamLoaders
import BantamPasses
import BantamTensors

/// A plan run over its model, into a compressed file.
public struct Compression: Sendable {
    /// What became of one tensor.
    public struct Outcome: Sendable {
        /// The tensor.
        public var tensor: TensorEntry
        /// The rule that decided, for people; none: no rule matched.
        public var rule: String?
        /// The passes, for people; empty: kept.
        public var steps: [String]
        /// How it is held: `quantized>csr>coded`, `dense`, …
        public var encoding: String
        /// The coders of its arrays, each once, in the order of the arrays.
        public var coders: [String] = []
        /// Stored bytes of all its parts.
        public var byteCount: Int
        /// What was chosen, kept, skipped or fell back.
        public var notes: [String]
        /// What the base was good for; `nil` without a base.
        public var prediction: Prediction?
        /// The step of its levels, if it is quantized by rate and distortion.
        public var step: Float?
        /// What its squared errors count for, if the budget decides on its step.
        public var weight: Double?
        /// What is lost of a tensor that counts for the budget.
        var error: SquaredError?
    }

    /// Each tensor in the order of the file.
    public var outcomes: [Outcome]
    /// Seconds in each kind of pass, summed over threads.
    public var passSeconds: [(pass: String, seconds: Double)]
    /// Bytes of the original file or folder.
    public var originalByteCount: Int
    /// Bytes of the compressed file.
    public var byteCount: Int
    /// The bytes that storing equal arrays once has saved.
    public var sharedByteCount: Int
    /// The common step that the recipe's budget came to, the one its tables were trained for, and what was reached, for
    /// people.
    public var budget: (step: Float, trained: Float, note: String)?

    /// Elements of all tensors.
    public var elementCount: Int { outcomes.reduce(0) { $0 + $1.tensor.shape.elementCount } }
    /// Original bytes over compressed bytes.
    public var ratio: Double { Double(originalByteCount) / Double(max(byteCount, 1)) }
    /// 8 × stored bytes of the whole file over the number of original elements.
    public var bitsPerWeight: Double { 8 * Double(byteCount) / Double(max(elementCount, 1)) }

    /// Runs `plan` over `source` and writes the compressed file.
    ///
    /// Large tensors go one after another with all threads in each; the others side by side. So memory
    /// follows the largest tensors in flight. The bytes written do not depend on `workers`.
    ///
    /// With a base, a tensor that the base has as well is stored as that, and what would run over it does not; any
    /// other that has a counterpart there is stored as what remains beside it, if that takes less than what the
    /// passes give, or than the tensor where there are none.
    ///
    /// - Parameters:
    ///   - base: the model that the source was made from, which decompression then needs.
    ///   - progress: called with the plain bytes of each tensor that is done, from any thread.
    /// - Throws: ``BantamError`` with file and tensor; then there is no output.
    public init(
        _ plan: Plan, of source: any TensorFile, base: BaseFile? = nil, to output: OutputFile,
        workers: Workers = Workers(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        let zeros = try GlobalZeros(plan, source, workers: workers)
        let training = try StepTraining(plan, source, zeros: zeros, workers: workers)
        guard let budget = plan.recipe.budget else {
            let trained = try training.steps(budget: nil, workers: workers)
            self = try Compression(
                plan, of: source, base: base, to: output, zeros: zeros, trained: trained, workers: workers,
                progress: progress)
            return
        }
        var search = BudgetSearch(budget, plan, originalByteCount: source.fileByteCount)
        var tables: TrainedSteps?
        while true {
            let settled =
                try (search.tunedStep == nil ? nil : tables)
                ?? training.steps(budget: search.goal, workers: workers)
            tables = settled
            let trained = search.tunedStep.map { settled.with(budgetStep: $0) } ?? settled
            let step = trained.budget?.step ?? 1
            let isFirst = search.tries == 0
            var isMet = false
            self = try Compression(
                plan, of: source, base: base, to: output, zeros: zeros, trained: trained, workers: workers,
                progress: { if isFirst { progress($0) } }
            ) { reached in
                isMet = try search.isMet(by: reached, step: step, within: settled.budgetPlaces)
                return isMet
            }
            self.budget = search.note.map { (step, settled.budget?.step ?? step, $0) }
            if isMet { return }
        }
    }

    /// One run with steps that are settled. The output gets its name if `accept` says so, after which there is no
    /// other run.
    private init(
        _ plan: Plan, of source: any TensorFile, base: BaseFile?, to output: OutputFile, zeros: GlobalZeros,
        trained: TrainedSteps, workers: Workers, progress: @escaping @Sendable (Int) -> Void,
        accept: ((BudgetSearch.Reached) throws -> Bool)? = nil
    ) throws {
        let writer = try ArchiveWriter(output, source: source, coding: plan.recipe.coding, base: base)
        let clock = PassClock()
        let finished = FinishedTensors(of: source)
        let unique = try FinishedTensors.unique(of: source)
        let isSearch = accept != nil
        let outcomes = try plan.mapInTwoPhases(workers) { index, workers in
            let entry = plan.entries[index]
            return try locating(file: source.path, tensor: entry.tensor.name) {
                let tensor = try source.tensor(at: index)
                let counterpart = try base.map {
                    TensorCompression.Counterpart(tensor: try $0.tensor(like: entry.tensor))
                }
                if entry.steps.isEmpty, counterpart?.tensor == nil, unique.contains(index),
                    try clock.measure("coding", { try writer.stream(tensor, at: index, workers: workers) })
                {
                    return Outcome(entry, plan, notes: [], prediction: nil)
                }
                // Equal tensors need not have equal counterparts.
                let isMeasured = isSearch && trained.isOfBudget(index)
                let key =
                    counterpart?.tensor == nil
                    ? FinishedTensors.Key(tensor, rule: entry.rule?.number, zeros: zeros[index]) : nil
                if let key, let equal = try finished.equal(of: tensor, key) {
                    try writer.add(equalOf: equal.index, at: index)
                    progress(entry.tensor.byteCount)
                    return Outcome(
                        entry, plan, notes: equal.notes, prediction: equal.prediction, error: equal.error)
                }
                let result = try TensorCompression(
                    tensor, base: counterpart,
                    steps: entry.steps, zeros: zeros[index], palette: zeros.palette(of: entry),
                    trained: trained[index],
                    recipe: plan.recipe, workers: workers,
                    clock: clock)
                try clock.measure("checksum") {
                    try writer.add(result.prepared, at: index, original: tensor, workers: workers)
                }
                let error = try clock.measure("checksum") {
                    isMeasured
                        ? try SquaredError(of: result.prepared.encoding, tensor, workers: workers) : nil
                }
                let rows = result.prepared.repeatedRows.map { copies, rows in
                    copies == 1
                        ? "one of its \(rows) rows repeats an earlier one, which is stored once"
                        : "\(copies) of its \(rows) rows repeat earlier ones, which are stored once"
                }
                let ownNotes = result.notes + (rows.map { [$0] } ?? [])
                if let key {
                    finished.add(
                        .init(index: index, notes: ownNotes, prediction: result.prediction, error: error),
                        key)
                }
                progress(entry.tensor.byteCount)
                let notes = (trained.reasonSkipped(index).map { [$0] } ?? []) + ownNotes
                return Outcome(
                    entry, plan, notes: notes, prediction: result.prediction, error: error,
                    step: result.prepared.encoding.isTrellisCoded ? trained[index]?.step : nil)
            }
        }
        // How tensors are held and what they take is known when it is known which arrays are equal.
        let total = outcomes.compactMap(\.error).reduce(SquaredError(), +)
        let summary = try writer.finish(
            workers: workers, progress: progress,
            accept: { byteCount in
                try accept?(BudgetSearch.Reached(byteCount: byteCount, sqnr: total.sqnr)) ?? true
            })
        self.outcomes = zip(outcomes, summary.tensors).map { outcome, stored in
            var outcome = outcome
            outcome.encoding = stored.encoding
            outcome.coders = stored.coders
            outcome.byteCount = stored.byteCount
            return outcome
        }
        passSeconds = clock.total
        originalByteCount = source.fileByteCount
        byteCount = summary.byteCount
        sharedByteCount = summary.sharedByteCount
    }
}

extension Compression {
    /// What the user should be told, a line each.
    public var notes: [String] { Compression.notes(of: outcomes) }

    /// The notes of several outcomes, tensors with the same note together.
    public static func notes(of outcomes: [Outcome]) -> [String] {
        var order: [String] = []
        var names: [String: [String]] = [:]
        for outcome in outcomes {
            for note in outcome.notes {
                if names[note] == nil { order.append(note) }
                names[note, default: []].append(oneLine(outcome.tensor.name))
            }
        }
        return order.map { note in
            let names = names[note] ?? []
            let shown = names.prefix(12).joined(separator: ", ")
            return (names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown) + ": \(note)"
        }
    }
}

extension Compression.Outcome {
    /// What became of the tensor of an entry, but for how it is held.
    init(
        _ entry: Plan.Entry, _ plan: Plan, notes: [String], prediction: Prediction?,
        error: SquaredError? = nil,
        step: Float? = nil
    ) {
        tensor = entry.tensor
        rule = entry.rule?.label
        steps = entry.steps.map(\.label)
        encoding = ""
        byteCount = 0
        self.notes = (plan.reasonKept(entry).map { ["kept: \($0)"] } ?? []) + notes
        self.prediction = prediction
        self.error = error
        self.step = step
        weight = step == nil ? nil : entry.budgetWeight
    }
}

extension Plan {
    /// Tensors of at least this many bytes get all threads, one tensor at a time.
    private static let largeTensor = 32 << 20

    /// The results of `body` for every tensor, in order: large ones one by one, then the rest side by side.
    func mapInTwoPhases<Result: Sendable>(
        _ workers: Workers, _ body: @Sendable (Int, Workers) throws -> Result
    ) throws -> [Result] {
        let large = entries.indices.filter { entries[$0].tensor.byteCount >= Plan.largeTensor }
        let small = entries.indices.filter { entries[$0].tensor.byteCount < Plan.largeTensor }
        var results = [Result?](repeating: nil, count: entries.count)
        for index in large { results[index] = try body(index, workers) }
        let rest = try workers.map(small.count) { try body(small[$0], .one) }
        for (index, result) in zip(small, rest) { results[index] = result }
        return results.compactMap { $0 }
    }
}

extension Encoding {
    /// Whether its levels have a step of their own.
    var isTrellisCoded: Bool {
        switch self {
        case .trellisCoded: true
        case .quantized(let quantized): quantized.trellis != nil
        default: false
        }
    }
}
