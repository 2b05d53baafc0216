import BantamArchive
import BantamEncodings
import BantamLoaders
import BantamPasses
import BantamTensors

/// What a plan would make of its model, without writing anything.
///
/// Tensors of over a million elements are estimated from rows spread evenly over them, unless they are
/// factorized: a singular value decomposition of a part says little about the whole.
public struct Estimate: Sendable {
    /// Each tensor in the order of the file.
    public var outcomes: [Compression.Outcome]
    /// Bytes of the compressed file to be expected.
    public var byteCount: Int
    /// Whether some sizes were extrapolated from a part of a tensor.
    public var isSampled: Bool
    /// The common step that the recipe's budget comes to, and the one its tables are trained for, judged by samples.
    public var budget: (step: Float, trained: Float)?

    private static let sampleElements = 1 << 18

    /// Runs the passes over samples of the tensors.
    ///
    /// - Throws: ``BantamError`` as the run itself would.
    public init(
        _ plan: Plan, of source: any TensorFile, base: BaseFile? = nil, workers: Workers = Workers()
    ) throws {
        let zeros = try GlobalZeros(plan, source, workers: workers)
        let training = try StepTraining(plan, source, zeros: zeros, workers: workers)
        let search = plan.recipe.budget.map {
            BudgetSearch($0, plan, originalByteCount: source.fileByteCount)
        }
        let settled = try training.steps(budget: search?.goal, workers: workers)
        let trained = search?.tunedStep.map { settled.with(budgetStep: $0) } ?? settled
        budget = trained.budget.map { ($0.step, settled.budget?.step ?? $0.step) }
        let clock = PassClock()
        let parts = try plan.mapInTwoPhases(workers) { index, workers in
            let entry = plan.entries[index]
            return try locating(file: source.path, tensor: entry.tensor.name) {
                let tensor = try source.tensor(at: index)
                let counterpart = try base.map { try $0.tensor(like: entry.tensor) }
                let count = entry.isFactorized ? tensor.elementCount : Estimate.sampleElements
                let sample = tensor.evenRows(of: count)
                let share = Double(tensor.elementCount) / Double(max(sample.elementCount, 1))
                let result = try TensorCompression(
                    sample, base: counterpart.map { .init(tensor: $0?.evenRows(of: count)) },
                    steps: entry.steps, zeros: zeros[index].map { Int(Double($0) / share) },
                    palette: zeros.palette(of: entry), trained: trained[index],
                    recipe: plan.recipe, workers: workers, clock: clock)
                var outcome = Compression.Outcome(
                    entry, plan, notes: (trained.reasonSkipped(index).map { [$0] } ?? []) + result.notes,
                    prediction: result.prediction,
                    step: result.prepared.encoding.isTrellisCoded ? trained[index]?.step : nil)
                outcome.encoding = result.prepared.summary(of: tensor.dtype)
                outcome.coders = result.prepared.coders
                outcome.byteCount = Int((Double(result.prepared.dataByteCount) * share).rounded())
                let header = result.prepared.byteCount - result.prepared.dataByteCount
                // Equal tensors are stored once, but for those that need a base, and plain ones where no coder is
                // asked for.
                let isShared =
                    !(result.prepared.isPlain && plan.recipe.coding.isNone)
                    && result.prepared.prediction == nil
                let key = isShared ? FinishedTensors.Key(tensor, rule: entry.rule?.number, zeros: nil) : nil
                return Part(outcome: outcome, headerByteCount: header, isSampled: share > 1, key: key)
            }
        }
        outcomes = try Estimate.countingOnce(parts, of: source)
        isSampled = parts.contains(where: \.isSampled)
        byteCount = zip(outcomes, parts).reduce(PreparedTensor.fileHeaderByteCount) {
            $0 + $1.0.byteCount + $1.1.headerByteCount
        }
    }

    /// What is estimated of one tensor.
    private struct Part: Sendable {
        var outcome: Compression.Outcome
        var headerByteCount: Int
        var isSampled: Bool
        /// What tensors that would be stored once have in common.
        var key: FinishedTensors.Key?
    }

    /// The outcomes, of equal tensors only the first with its bytes.
    private static func countingOnce(
        _ parts: [Part], of source: any TensorFile
    ) throws -> [Compression.Outcome] {
        let known = FinishedTensors(of: source)
        return try parts.enumerated().map { index, part in
            var outcome = part.outcome
            guard let key = part.key else { return outcome }
            if let equal = try known.equal(of: source.tensor(at: index), key) {
                outcome.encoding = sameAsSummary(parts[equal.index].outcome.tensor.name)
                outcome.coders = []
                outcome.byteCount = 0
            } else {
                known.add(.init(index: index, notes: [], prediction: nil), key)
            }
            return outcome
        }
    }
}

extension Plan.Entry {
    fileprivate var isFactorized: Bool {
        steps.contains { if case .pass(let pass) = $0.action { pass is Factorize } else { false } }
    }
}

extension Tensor {
    /// Stripes of whole rows spread evenly over the tensor, about `count` elements together; the tensor
    /// itself if it is not much larger or has no matrix form.
    fileprivate func evenRows(of count: Int) -> Tensor {
        guard let (rows, columns) = shape.matrixForm, elementCount > 4 * count, dtype.bitWidth % 8 == 0,
            columns > 0
        else { return self }
        let stripes = 16
        let height = max(1, count / columns / stripes)
        guard stripes * height < rows else { return self }
        let rowBytes = columns * dtype.bitWidth / 8
        let storage = Storage(byteCount: stripes * height * rowBytes) { result in
            for stripe in 0..<stripes {
                let first = (rows - height) * stripe / (stripes - 1)
                UnsafeMutableRawBufferPointer(rebasing: result[(stripe * height * rowBytes)...]).copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: self.storage.bytes[first * rowBytes..<(first + height) * rowBytes]))
            }
        }
        return Tensor(dtype, Shape([stripes * height] + shape.axes.dropFirst()), storage)
    }
}
