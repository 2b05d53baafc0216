// Why: the predictor that all models of this coder share: what each context has seen, mixed by weights that learn.

/// Predicts and codes binary decisions from several contexts at once.
///
/// Each context selects an adaptive probability; their logits, weighted, sum to the logit of the prediction; after
/// each decision the weights move along the gradient of the coding cost (M. Mahoney, "Adaptive Weighing of Context
/// Models for Lossless Data Compression", 2005). Two sets of weights are added, each selected by a context of its
/// own. Integers throughout.
struct ContextMixer: ~Copyable {
    /// How many contexts there are; the mixer has a constant input besides.
    static let inputCount = 6
    /// How many sets of weights each of the two selectors chooses from.
    static let selectorCount = 64

    /// What every input weighs at first, in 1/65536.
    private static let firstWeight: Int32 = 10922
    /// The rate of learning, in 1/16, falls every 256 decisions from the first to the second.
    private static let firstRate: Int64 = 64 * 16
    private static let secondRate: Int64 = 6 * 16
    /// From here on it falls whenever the decisions have doubled, to the least that the form allows.
    private static let longRun = 1 << 16

    /// What each context is; to be set before decisions that depend on it.
    let contexts: UnsafeMutablePointer<UInt32>

    private let form: MaxForm
    private let slotBits: Int
    private let slots: UnsafeMutablePointer<AdaptiveBit>
    private let weights: UnsafeMutablePointer<Int32>
    private let inputs: UnsafeMutablePointer<Int32>
    private let selected: UnsafeMutablePointer<Int>
    private let tables = LogisticTables.shared
    private var rate = firstRate
    private var decisions = 0

    /// A mixer that has seen nothing, for a block of `count` elements.
    init(_ form: MaxForm, elements count: Int) {
        self.form = form
        let inputCount = Self.inputCount
        let stride = inputCount + 1
        slotBits = max(10, min(15, Int.bitWidth - count.leadingZeroBitCount + 4))
        contexts = .allocate(capacity: inputCount)
        contexts.initialize(repeating: 0, count: inputCount)
        slots = .allocate(capacity: inputCount << slotBits)
        slots.initialize(repeating: .unseen, count: inputCount << slotBits)
        weights = .allocate(capacity: 2 * stride * Self.selectorCount)
        weights.initialize(repeating: 0, count: 2 * stride * Self.selectorCount)
        for set in 0..<Self.selectorCount {
            for input in 0..<inputCount {
                weights[set * stride + input] = Self.firstWeight << Int32(form.weightBits - 16)
            }
        }
        inputs = .allocate(capacity: stride)
        inputs.initialize(repeating: 256, count: stride)
        selected = .allocate(capacity: inputCount)
        selected.initialize(repeating: 0, count: inputCount)
    }

    deinit {
        contexts.deallocate()
        slots.deallocate()
        weights.deallocate()
        inputs.deallocate()
        selected.deallocate()
    }

    /// Codes one decision.
    ///
    /// - Parameters:
    ///   - relative: which decision this is, to the contexts 0, 1 and 2.
    ///   - absolute: which it is to the contexts 3 and 4.
    ///   - last: which it is to context 5.
    ///   - selectors: the two sets of weights, below ``selectorCount``.
    @inline(__always)
    mutating func code<Coder: BinaryCoder>(
        _ bit: Int, relative: UInt32, absolute: UInt32, last: UInt32, selectors: (Int, Int),
        with coder: inout Coder
    ) -> Int {
        let stride = Self.inputCount &+ 1
        let first = weights + selectors.0 &* stride
        let second = weights + (Self.selectorCount &+ selectors.1) &* stride
        var sum: Int64 = 256 &* (Int64(first[Self.inputCount]) &+ Int64(second[Self.inputCount]))
        for input in 0..<Self.inputCount {
            let node = input < 3 ? relative : input < 5 ? absolute : last
            var hash = (contexts[input] ^ node &* 0x9e37_79b1) &* 0x85eb_ca6b
            hash ^= hash &>> 15
            hash = hash &* 0xc2b2_ae35
            let slot = input &<< slotBits | Int(hash &>> UInt32(truncatingIfNeeded: 32 &- slotBits))
            selected[input] = slot
            let state = slots[slot]
            var logit = Int32(tables.stretch[state.coarse])
            // A context seen a few times only is believed in part.
            let count = Int32(truncatingIfNeeded: state.count)
            if count < 4 { logit = logit &* count / 4 }
            inputs[input] = logit
            sum &+= Int64(logit) &* (Int64(first[input]) &+ Int64(second[input]))
        }
        let limit = LogisticTables.limit
        let logit = max(-limit, min(limit, Int(sum &>> Int64(truncatingIfNeeded: form.weightBits))))
        let probability = UInt32(tables.squash[logit &+ limit])
        let decision = coder.code(bit, probability: probability)

        let error = Int64(decision &<< 16) &- Int64(probability)
        let step = error &* rate
        let stepBits = Int64(truncatingIfNeeded: 41 &- form.weightBits)
        let half: Int64 = 1 &<< (stepBits &- 1)
        for input in 0..<stride {
            let delta = Int32(truncatingIfNeeded: (Int64(inputs[input]) &* step &+ half) &>> stepBits)
            first[input] = first[input] &+ delta
            second[input] = second[input] &+ delta
        }
        for input in 0..<Self.inputCount {
            slots[selected[input]].update(decision, limit: form.countLimit, form, tables.reciprocals)
        }
        decisions &+= 1
        if decisions & 255 == 0 { learnMoreSlowly() }
        return decision
    }

    private mutating func learnMoreSlowly() {
        if rate > Self.secondRate {
            rate &-= 16
        } else if decisions >= Self.longRun, decisions.nonzeroBitCount == 1 {
            rate = max(form.leastRate, rate &- 6)
        }
    }
}
