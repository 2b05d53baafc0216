import BantamArchive
import BantamCoding
import BantamEncodings
import BantamPasses
import BantamTensors

/// The passes of a rule run over one tensor, and what came of it.
struct TensorCompression {
    /// The encoding with its arrays coded, ready to be stored or only to be measured.
    var prepared: PreparedTensor
    /// What the user should be told.
    var notes: [String]
    /// What the base was good for; `nil` without a base.
    var prediction: Prediction?

    /// What a base has for one tensor.
    struct Counterpart {
        /// The tensor of the same name, dtype and shape, if there is one.
        var tensor: Tensor?
    }

    /// Runs `steps` over `tensor` and keeps the tensor plain, or as what remains beside the base's, if that is
    /// smaller.
    ///
    /// - Parameters:
    ///   - base: what the base has for it; `nil` without a base.
    ///   - zeros: how many elements a global pruning step makes zero here.
    ///   - trained: rate–distortion quantization with the step of the tensor; `nil` leaves it as it is.
    ///   - palette: the pass with the palette that the tensors of the rule share.
    /// - Throws: ``BantamError`` of a pass, with the line of its step.
    init(
        _ tensor: Tensor, base: Counterpart? = nil, steps: [Step], zeros: Int?, palette: Palettize?,
        trained: TrellisQuantize? = nil,
        recipe: Recipe, workers: Workers, clock: PassClock
    ) throws {
        var notes: [String] = []
        if let counterpart = base?.tensor,
            let unchanged = clock.measure(
                "base",
                {
                    PreparedTensor(tensor, unchangedFrom: counterpart)
                })
        {
            prepared = unchanged
            prediction = .unchanged
            self.notes = steps.isEmpty ? [] : ["unchanged from the base: no pass runs over it"]
            return
        }
        var encoding = Encoding.dense(tensor)
        let prepare = { @Sendable (encoding: Encoding) in
            // A 16-bit float stands in the file as any tool reads it, unless a coder is asked for by name, or a budget
            // asks for the fewest bytes.
            let staysPlain =
                recipe.coding.isAutomatic && recipe.budget == nil && encoding.isCast(of: tensor)
            let coding = staysPlain ? Coding.none : recipe.coding
            return try PreparedTensor(encoding, original: tensor.dtype, coding: coding, workers: workers)
        }
        let fast = recipe.coding.fast
        let context = PassContext(
            workers: workers, storedBytes: { try prepare($0).byteCount },
            estimatedBytes: { try PreparedTensor($0, coding: fast, workers: workers).byteCount })
        for step in steps {
            let found: (any Pass)? =
                switch step.action {
                case .pass(let pass): pass
                case .globalPruning: try Prune(.zeros(zeros ?? 0))
                case .sharedPalette(let pass): palette ?? pass
                case .rateDistortion(let asked): trained?.holding(asked.form ?? recipe.indexForm)
                }
            guard let pass = found else { continue }
            if case .globalPruning = step.action, let zeros, 20 * zeros >= 19 * max(tensor.elementCount, 1) {
                notes.append("warning: \(zeros) of its \(tensor.elementCount) elements are pruned")
            }
            do {
                let result = try clock.measure(pass.name) { try pass.apply(to: encoding, context) }
                encoding = result.encoding
                notes += result.notes
                tensor.storage.letGo(of: tensor.storage.bytes)
            } catch let error as BantamError {
                throw step.explained(error, in: recipe.file)
            }
        }
        let lossless = { @Sendable () throws -> PreparedTensor in
            guard let counterpart = base?.tensor else { return try prepare(.dense(tensor)) }
            return try PreparedTensor(
                tensor, predictedFrom: counterpart, coding: recipe.coding, workers: workers)
        }
        var prepared = try clock.measure("coding") {
            steps.isEmpty ? try lossless() : try prepare(encoding)
        }
        // A lossless coder may squeeze the plain tensor below a lossy encoding. Where the encoding takes less
        // than a third, only extraordinary tensors could; their plain form is not tried. What remains beside a
        // base may well be so small.
        if !steps.isEmpty, base?.tensor != nil || 3 * prepared.byteCount > tensor.byteCount {
            let plain = try clock.measure("coding") { try lossless() }
            let isPredicted = plain.prediction == .predicted
            let isUnchanged = encoding.isUnchanged(from: tensor)
            if plain.byteCount < prepared.byteCount, isPredicted || !isUnchanged {
                if !isUnchanged {
                    notes.append(
                        "kept \(isPredicted ? "as it is" : "plain"): \(encoding.summary) would take "
                            + "\(prepared.byteCount) B, "
                            + "\(isPredicted ? "what differs from the base" : "the plain tensor") takes "
                            + "\(plain.byteCount) B")
                }
                prepared = plain
            }
        }
        if let granularity = prepared.recoveredGranularity {
            notes.append(granularity.noteOnMultiples)
        }
        self.prepared = prepared
        self.notes = notes
        prediction = base.map { $0.tensor == nil ? .withoutCounterpart : prepared.prediction ?? .notSmaller }
    }
}

extension TrellisQuantize {
    /// The pass with indices held so.
    fileprivate func holding(_ form: IndexForm) -> TrellisQuantize {
        var pass = self
        pass.form = form
        return pass
    }
}

extension Recipe {
    /// How indices are held where the rule does not say: where size is all, as what takes the fewest bytes.
    fileprivate var indexForm: TrellisQuantize.IndexForm {
        coding.optimization == .size || coding.name == "max" ? .smallest : .tables
    }
}

extension Quantized.Granularity {
    /// What is said of a tensor that is held by codes without loss.
    fileprivate var noteOnMultiples: String {
        let scales =
            switch self {
            case .tensor: "one scale"
            case .channel: "one scale per row"
            case .group(let length): "one scale per \(length) elements of a row"
            }
        return "its values are whole multiples of \(scales) and are stored as codes, without loss"
    }
}

extension Encoding {
    /// Whether this is the plain tensor in another dtype.
    fileprivate func isCast(of tensor: Tensor) -> Bool {
        if case .dense(let mine) = self { mine.dtype != tensor.dtype } else { false }
    }

    /// Whether no pass has touched the tensor.
    func isUnchanged(from tensor: Tensor) -> Bool {
        if case .dense(let mine) = self { mine.storage === tensor.storage } else { false }
    }
}
