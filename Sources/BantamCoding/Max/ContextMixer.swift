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
    /// The rate of learning falls by one every 256 decisions, from the first to the last.
    private static let firstRate: Int32 = 64
    private static let lastRate: Int32 = 6

    /// What each context is; to be set before decisions that depend on it.
    let contexts: UnsafeMutablePointer<UInt32>

    private let slotBits: Int
    private let slots: UnsafeMutablePointer<AdaptiveBit>
    private let weights: UnsafeMutablePointer<Int32>
    private let inputs: UnsafeMutablePointer<Int32>
    private let selected: UnsafeMutablePointer<Int>
    private let tables = LogisticTables.shared
    private var rate = firstRate
    private var decisionsUntilSlower = 256

    /// A mixer that has seen nothing, for a block of `count` elements.
    init(elements count: Int) {
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
            for input in 0..<inputCount { weights[set * stride + input] = Self.firstWeight }
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
    ///   - absolute: which it is to the others.
    ///   - selectors: the two sets of weights, below ``selectorCount``.
    @inline(__always)
    mutating func code<Coder: BinaryCoder>(
        _ bit: Int, relative: UInt32, absolute: UInt32, selectors: (Int, Int), with coder: inout Coder
    ) -> Int {
        let stride = Self.inputCount &+ 1
        let first = weights + selectors.0 &* stride
        let second = weights + (Self.selectorCount &+ selectors.1) &* stride
        var sum: Int64 = 256 &* (Int64(first[Self.inputCount]) &+ Int64(second[Self.inputCount]))
        for input in 0..<Self.inputCount {
            let node = input < 3 ? relative : absolute
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
        let logit = max(-limit, min(limit, Int(sum &>> 16)))
        let probability = UInt32(tables.squash[logit &+ limit])
        let decision = coder.code(bit, probability: probability)

        let error = Int64(decision &<< 16) &- Int64(probability)
        let step = error &* Int64(rate)
        for input in 0..<stride {
            let delta = Int32(truncatingIfNeeded: (Int64(inputs[input]) &* step &+ (1 &<< 20)) &>> 21)
            first[input] = first[input] &+ delta
            second[input] = second[input] &+ delta
        }
        for input in 0..<Self.inputCount {
            slots[selected[input]].update(decision, limit: AdaptiveBit.countLimit, tables.reciprocals)
        }
        decisionsUntilSlower &-= 1
        if decisionsUntilSlower == 0 {
            decisionsUntilSlower = 256
            rate = max(Self.lastRate, rate &- 1)
        }
        return decision
    }
}
