// Why: the model of weights, codes and differences: most of what can be known of a number is how it compares with
// the scale of its row and column.

/// Codes numbers one by one: whether it is 0, its octave, its place in the octave, its sign.
///
/// The octave is found by going down from one above the expected scale; each step is one mixed decision, whose main
/// context is the distance between the octave and the expected scale in 1/8 octave. So all rows and columns teach
/// one distribution, and learning is quick. The top bits of the mantissa follow in the same way; the others are
/// nearly random and cost almost no time: zeros at the end are counted, what remains is written as it is.
struct NumberModel: ~Copyable {
    private let form: MaxForm
    private let format: NumberFormat
    private let highest: Int
    private let hasZeros: Bool
    private let zerosCount: Bool
    /// What to subtract from an octave for its place in the scale of amounts.
    private let base: Int
    private let modelledBits: Int
    /// Whether the last context tells how elements compare with their row alone.
    private let comparesWithRow: Bool
    private var history: ElementHistory
    private var mixer: ContextMixer
    private let bits: UnsafeMutablePointer<AdaptiveBit>
    private let reciprocals = LogisticTables.shared.reciprocals
    /// Zeros at the end of the last four mantissas.
    private var endings = (0, 0, 0, 0)

    /// Steps down or up from the expected octave before the octave is written as it is.
    private static let stepLimit = 20
    // Where each kind of unmixed adaptive bit begins.
    private static let zeroSignBit = 0
    private static let signBits = 64
    private static let lowBits = 1024
    private static let endingBits = 8192
    private static let finerBits = endingBits + 64 * 64
    private static let bitCount = finerBits + 32 * 256

    /// - Parameters:
    ///   - survey: its highest octave is from 1 to the format's `octaveCount`.
    init(
        _ form: MaxForm, _ format: NumberFormat, columns: Int, first: Int, count: Int, _ survey: NumberSurvey
    ) {
        self.form = form
        self.format = format
        highest = survey.highest
        hasZeros = survey.hasZeros
        zerosCount = survey.zerosCount
        base = highest - 24
        modelledBits = format.isFloat && format.width > 8 ? 3 : 4
        history = ElementHistory(form, columns: columns, first: first, count: count)
        mixer = ContextMixer(form, elements: count)
        comparesWithRow = form.knowsRowsAlone && history.columns > 0
        bits = .allocate(capacity: Self.bitCount)
        bits.initialize(repeating: .unseen, count: Self.finerBits)
        (bits + Self.finerBits).initialize(repeating: .even, count: Self.bitCount - Self.finerBits)
    }

    deinit { bits.deallocate() }

    /// Codes one element.
    mutating func code<Coder: BinaryCoder>(_ element: UInt64, with coder: inout Coder) -> UInt64 {
        let (givenSign, given) = format.split(element)
        if hasZeros, codeIsZero(given == 0 ? 1 : 0, with: &coder) != 0 {
            let sign = format.isFloat ? codeBit(givenSign, Self.zeroSignBit, limit: 255, with: &coder) : 0
            history.append(amount: 0, height: 0, isNegative: nil, counts: zerosCount)
            return format.join(sign, 0)
        }
        setContexts()
        let octave = codeOctave(given != 0 ? format.octave(of: given) : 1, with: &coder)
        let mantissa = codeMantissa(given, octave, with: &coder)
        var sign = 0
        if format.isSigned {
            let lean = Int(max(0, min(31, (history.columnSign &+ 4096) &>> 8)))
            let size = max(0, min(15, (distance(octave) &+ 96) &>> 4))
            sign = codeBit(
                givenSign, Self.signBits &+ (lean &<< 4 | size), limit: form.countLimit, with: &coder)
        }
        let bitCount = format.mantissaBits(inOctave: octave)
        let lead = Int64(
            truncatingIfNeeded: bitCount >= 4
                ? mantissa &>> UInt64(bitCount &- 4) : mantissa &<< UInt64(4 &- bitCount))
        let down = highest &- octave
        history.append(
            amount: down < 40 ? ((16 &+ lead) &<< 20) &>> Int64(down) : 0, height: max(1, 31 &- down),
            isNegative: format.isSigned ? sign != 0 : nil, counts: true)
        return format.join(sign, format.magnitude(octave: octave, mantissa: mantissa))
    }

    /// How far the lower end of an octave is above the expected amount, in 1/16 octave.
    @inline(__always)
    private func distance(_ octave: Int) -> Int { 16 &* (octave &- base) &- history.expected }

    @inline(__always)
    private func relative(_ octave: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: max(0, min(127, (distance(octave) &+ 160) &>> 1)))
    }

    /// The same from what the row alone leads to expect, for the last context; its absolute place without that.
    @inline(__always)
    private func relativeToRow(_ octave: Int) -> UInt32 {
        guard comparesWithRow else { return absolute(octave) }
        let distance = 16 &* (octave &- base) &- history.rowAlone
        return UInt32(truncatingIfNeeded: max(0, min(255, (distance &+ 160) &>> 1)))
    }

    @inline(__always)
    private func absolute(_ octave: Int) -> UInt32 { UInt32(truncatingIfNeeded: (highest &- octave) & 255) }

    @inline(__always)
    private mutating func codeIsZero<Coder: BinaryCoder>(_ bit: Int, with coder: inout Coder) -> Int {
        let contexts = mixer.contexts
        let share = UInt32(bitPattern: history.zeroShare &>> 11)
        let recent = UInt32(bitPattern: history.recentZeroShare &>> 11)
        let column = UInt32(bitPattern: history.columnZeroShare &>> 11)
        contexts[0] = share &<< 5 | column
        contexts[1] =
            UInt32(truncatingIfNeeded: history.zeros) &<< 3
            | UInt32(truncatingIfNeeded: history.zerosAbove)
        contexts[2] = recent &<< 5 | column
        contexts[3] = UInt32(truncatingIfNeeded: max(0, history.expected) &<< 1 | history.zeros & 1)
        contexts[4] = UInt32(truncatingIfNeeded: history.column)
        contexts[5] = UInt32(
            truncatingIfNeeded: history.last &<< 10 | history.beforeLast &<< 5 | history.above)
        return mixer.code(
            bit, relative: 0, absolute: 0, last: 0, selectors: (0, Int(share &>> 1)), with: &coder)
    }

    @inline(__always)
    private func setContexts() {
        let contexts = mixer.contexts
        let surprise = max(0, min(31, (history.localScale &- history.expected &+ 64) &>> 2))
        contexts[0] = 0
        contexts[1] = UInt32(truncatingIfNeeded: surprise)
        contexts[2] = UInt32(truncatingIfNeeded: history.last &<< 5 | history.above)
        contexts[3] = UInt32(truncatingIfNeeded: history.columnScale &>> 1)
        contexts[4] = UInt32(truncatingIfNeeded: history.columns > 0 ? history.column : history.beforeLast)
        contexts[5] = UInt32(
            truncatingIfNeeded: comparesWithRow
                ? 0
                : history.columns > 0 ? history.rowScale &>> 1 : history.last &<< 5 | history.beforeLast)
    }

    /// A weight set by how much of row and column has been seen.
    @inline(__always)
    private var experience: Int {
        guard history.columns > 0 else { return 32 }
        let rows = min(7, 64 &- history.row.leadingZeroBitCount)
        return 33 &+ rows &* 4 &+ min(3, (64 &- history.column.leadingZeroBitCount) &>> 1)
    }

    @inline(__always)
    private mutating func codeOctave<Coder: BinaryCoder>(_ octave: Int, with coder: inout Coder) -> Int {
        let selector = experience &- 1
        let start = max(1, min(highest, (history.expected &+ 32) &>> 4 &+ base))
        var place = start
        @inline(__always)
        func decide(_ bit: Int, _ kind: UInt32, _ set: Int) -> Int {
            mixer.code(
                bit, relative: kind &<< 8 | relative(place),
                absolute: kind &<< 8 | absolute(place), last: kind &<< 8 | relativeToRow(place),
                selectors: (set, selector), with: &coder)
        }
        if start < highest, decide(octave > start ? 1 : 0, 1, 1) != 0 {
            let end = start &+ Self.stepLimit
            place = start &+ 1
            while place < min(highest, end) {
                if decide(octave == place ? 1 : 0, 2, 2) != 0 { return place }
                place = place &+ 1
            }
            if place == highest { return place }
        } else {
            let end = start &- Self.stepLimit
            while place > max(1, end) {
                if decide(octave == place ? 1 : 0, 3, 3 &+ min(5, start &- place)) != 0 { return place }
                place = place &- 1
            }
            if place == 1 { return place }
        }
        let written = coder.codeRaw(UInt64(truncatingIfNeeded: octave), count: 12)
        return max(1, min(highest, Int(truncatingIfNeeded: written)))
    }

    @inline(__always)
    private mutating func codeMantissa<Coder: BinaryCoder>(
        _ magnitude: UInt64, _ octave: Int, with coder: inout Coder
    ) -> UInt64 {
        let bitCount = format.mantissaBits(inOctave: octave)
        let modelled = min(modelledBits, bitCount)
        let place = relative(octave)
        let selector = Int(place &>> 2)
        let absolute = absolute(octave)
        let last = relativeToRow(octave)
        var prefix = 1
        for index in 0..<modelled {
            let bit = Int(truncatingIfNeeded: magnitude &>> UInt64(bitCount &- 1 &- index)) & 1
            let kind = UInt32(truncatingIfNeeded: 4 &+ prefix) &<< 8
            prefix =
                prefix &<< 1
                | mixer.code(
                    bit, relative: kind | place, absolute: kind | absolute, last: kind | last,
                    selectors: (9 &+ prefix, 32 &+ selector & 63), with: &coder)
        }
        let finer = format.width > 8 ? max(0, min(form.codedMantissaBits, bitCount) &- modelled) : 0
        let node = Self.finerBits &+ min(31, highest &- octave) &<< 8
        for index in modelled..<modelled &+ finer {
            let bit = Int(truncatingIfNeeded: magnitude &>> UInt64(bitCount &- 1 &- index)) & 1
            prefix = prefix &<< 1 | codeBit(bit, node &+ prefix, limit: form.countLimit, with: &coder)
        }
        let left = bitCount &- modelled &- finer
        let top = UInt64(truncatingIfNeeded: prefix) & (1 &<< UInt64(modelled &+ finer) &- 1)
        guard left > 0 else { return top }
        let low = magnitude & (1 &<< UInt64(left) &- 1)
        return top &<< UInt64(left)
            | (format.width == 8
                ? codeFewLowBits(low, count: left, under: octave &<< 8 | prefix, with: &coder)
                : codeManyLowBits(low, count: left, with: &coder))
    }

    /// Up to three bits, each with a probability of its own for every value above it.
    @inline(__always)
    private mutating func codeFewLowBits<Coder: BinaryCoder>(
        _ low: UInt64, count: Int, under prefix: Int, with coder: inout Coder
    ) -> UInt64 {
        var prefix = prefix
        for index in 0..<count {
            let bit = Int(truncatingIfNeeded: low &>> UInt64(count &- 1 &- index)) & 1
            let coded = codeBit(bit, Self.lowBits &+ prefix, limit: form.countLimit, with: &coder)
            prefix = prefix & ~255 | (prefix &<< 1 | coded) & 255
        }
        return UInt64(truncatingIfNeeded: prefix) & (1 &<< UInt64(count) &- 1)
    }

    /// From the lowest bit, zeros one by one to the first one, then the rest as it is: weights that were once
    /// of a narrower type end in zeros, others cost nothing more.
    @inline(__always)
    private mutating func codeManyLowBits<Coder: BinaryCoder>(
        _ low: UInt64, count: Int, with coder: inout Coder
    ) -> UInt64 {
        let shortest = min(min(endings.0, endings.1), min(endings.2, endings.3))
        let first = Self.endingBits &+ shortest &<< 6
        var index = 0
        while index < count {
            let bit = Int(truncatingIfNeeded: low &>> UInt64(index)) & 1
            if codeBit(bit, first &+ index, limit: form.countLimit, with: &coder) != 0 { break }
            index = index &+ 1
        }
        endings = (index == count ? 63 : index, endings.0, endings.1, endings.2)
        guard index < count else { return 0 }
        let rest = coder.codeRaw(low &>> UInt64(index &+ 1), count: count &- 1 &- index)
        return (rest &<< 1 | 1) &<< UInt64(index)
    }

    /// An adaptive bit outside the mixer.
    @inline(__always)
    private func codeBit<Coder: BinaryCoder>(
        _ bit: Int, _ place: Int, limit: UInt32, with coder: inout Coder
    ) -> Int {
        let decision = coder.code(bit, probability: bits[place].probability)
        bits[place].update(decision, limit: limit, form, reciprocals)
        return decision
    }
}
