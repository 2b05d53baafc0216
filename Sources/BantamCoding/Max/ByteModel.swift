// Why: arrays whose bytes mean something other than numbers near a scale: packed types, palettes, repeated values.

/// Codes elements as bytes, the highest first, bit by bit.
struct ByteModel: ~Copyable {
    private let width: Int
    private let columns: Int
    private var mixer: ContextMixer
    private let history: UnsafeMutablePointer<UInt64>
    private let historyMask: Int
    private var index = 0

    /// - Parameter width: bytes of an element, up to 8.
    init(_ form: MaxForm, width: Int, columns: Int, count: Int) {
        self.width = width
        self.columns = columns > 0 && columns <= count ? columns : 1
        mixer = ContextMixer(form, elements: count)
        // The elements back to the one above, in a ring.
        let size = 1 << (Int.bitWidth - max(4, self.columns).leadingZeroBitCount)
        historyMask = size - 1
        history = .allocate(capacity: size)
        history.initialize(repeating: 0, count: size)
    }

    deinit { history.deallocate() }

    /// Codes one element.
    mutating func code<Coder: BinaryCoder>(_ element: UInt64, with coder: inout Coder) -> UInt64 {
        let last = history[(index &- 1) & historyMask]
        let beforeLast = history[(index &- 2) & historyMask]
        let above = history[(index &- columns) & historyMask]
        let contexts = mixer.contexts
        var result: UInt64 = 0
        for plane in stride(from: width - 1, through: 0, by: -1) {
            let shift = UInt64(truncatingIfNeeded: plane &* 8)
            let step = UInt32(truncatingIfNeeded: plane) &<< 24
            let one = UInt32(truncatingIfNeeded: last &>> shift & 255)
            let two = UInt32(truncatingIfNeeded: beforeLast &>> shift & 255)
            let up = UInt32(truncatingIfNeeded: above &>> shift & 255)
            let higher = UInt32(truncatingIfNeeded: (result &* 0x9e37_79b9_7f4a_7c15) &>> 40)
            contexts[0] = step
            contexts[1] = step | one
            contexts[2] = step | one &<< 8 | two
            contexts[3] = step | up
            contexts[4] = step ^ higher
            contexts[5] = step ^ higher &* 0x0100_0193 ^ one &* 0x01f3_57b1
            var prefix = 1
            for index in 0..<8 {
                let bit = Int(truncatingIfNeeded: element &>> (shift &+ 7 &- UInt64(index))) & 1
                let node = UInt32(truncatingIfNeeded: prefix)
                prefix =
                    prefix &<< 1
                    | mixer.code(
                        bit, relative: node, absolute: node, last: node,
                        selectors: (plane &* 8 &+ index, one == up ? 1 : 0),
                        with: &coder)
            }
            result = result &<< 8 | UInt64(truncatingIfNeeded: prefix & 255)
        }
        history[index & historyMask] = result
        index = index &+ 1
        return result
    }
}
