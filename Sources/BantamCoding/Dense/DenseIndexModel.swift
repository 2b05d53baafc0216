// Why: positions rise in rows; what is to be coded of them is how far apart they are.

/// How the unsigned integers of a block become small values, and with which table these are coded.
struct DenseIndexModel {
    /// What an element becomes.
    enum Step: Int {
        /// Itself.
        case none
        /// Its difference from zero, folded: 0, -1, 1, -2, … become 0, 1, 2, 3, …
        case folded
        /// Its difference from the element before it modulo one more than the largest of the block. Sorted
        /// positions in rows, one row after the other, become gaps, across the ends of rows too.
        case modulo
        /// Its difference from the element before it, folded.
        case foldedDifference
    }

    /// The bytes of an element.
    let width: Int
    var step = Step.none
    /// The largest element, for the step `modulo`.
    var largest: UInt64 = 0
    var alphabet = DenseAlphabet()
    var histogram = DenseHistogram(symbolCount: 0)

    mutating func code<Coder: BinaryCoder>(with coder: inout Coder) throws {
        step = Step(rawValue: coder.plain(step.rawValue, bits: 2)) ?? .none
        if step == .modulo { largest = coder.codeRaw(largest, count: 8 * width) }
        try alphabet.code(with: &coder)
        if histogram.weights.isEmpty { histogram = DenseHistogram(symbolCount: alphabet.count) }
        try histogram.code(with: &coder)
    }
}

/// The steps on elements of one width, there and back; all arithmetic wraps.
struct IndexSteps<Element: FixedWidthInteger & UnsignedInteger & BitwiseCopyable> {
    let step: DenseIndexModel.Step
    let largest: Element
    var last: Element = 0

    init(_ step: DenseIndexModel.Step, largest: UInt64) {
        self.step = step
        self.largest = Element(truncatingIfNeeded: largest)
    }

    @inline(__always)
    static func fold(_ element: Element) -> Element {
        let sign: Element = element >> Element(Element.bitWidth - 1)
        return (element &<< 1) ^ (0 &- sign)
    }

    @inline(__always)
    static func unfold(_ element: Element) -> Element { (element &>> 1) ^ (0 &- (element & 1)) }

    /// Values from elements.
    mutating func forward(_ source: UnsafeRawPointer, _ count: Int, to values: UnsafeMutablePointer<UInt64>) {
        var last = self.last
        for index in 0..<count {
            let element = source.loadUnaligned(
                fromByteOffset: index &* MemoryLayout<Element>.size, as: Element.self)
            let difference = element &- last
            let value =
                switch step {
                case .none: element
                case .folded: IndexSteps.fold(element)
                case .modulo: element >= last ? difference : difference &+ largest &+ 1
                case .foldedDifference: IndexSteps.fold(difference)
                }
            values[index] = UInt64(truncatingIfNeeded: value)
            last = element
        }
        self.last = last
    }

    /// Elements from values.
    mutating func backward(
        _ values: UnsafePointer<UInt64>, _ count: Int, to result: UnsafeMutableRawPointer
    ) {
        var last = self.last
        for index in 0..<count {
            let value = Element(truncatingIfNeeded: values[index])
            switch step {
            case .none: last = value
            case .folded: last = IndexSteps.unfold(value)
            case .modulo:
                // Beyond the largest, or beyond what the width holds, it begins again at zero.
                let sum = last &+ value
                last = sum > largest || sum < value ? sum &- largest &- 1 : sum
            case .foldedDifference: last = last &+ IndexSteps.unfold(value)
            }
            result.storeBytes(of: last, toByteOffset: index &* MemoryLayout<Element>.size, as: Element.self)
        }
        self.last = last
    }
}
