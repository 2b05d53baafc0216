/// Finds the element of a given rank by magnitude without sorting: 16 bits of the bit pattern at a time, from
/// the top, each time counting only the elements that share the bits found so far.
///
/// The bit patterns of floats of one sign are in the order of their magnitudes, zero first, infinity and then
/// NaN last, for every IEEE format and for the 16-bit and 8-bit ones like them. The elements may stand
/// in any number of buffers, seen again for each round: two for float32, four for float64, one for the rest.
///
/// Source: D. Knuth, "The Art of Computer Programming", volume 3, 1973, section 5.2.5 (by distribution; here
/// only the part that holds the rank is followed).
struct RadixSelection<Bits: MagnitudeBits>: Sendable {
    /// Where pruning stops: every magnitude below `threshold` goes, and of those equal to it the first `ties`.
    struct Cut: Sendable {
        var threshold: Bits
        var ties: Int
    }

    /// Bits counted at once.
    static var digitBits: Int { Swift.min(16, Bits.bitWidth) }

    private var rank: Int
    private var prefix: Bits = 0
    private var shift: Int

    /// A search for the element that `rank` others come before.
    init(rank: Int) {
        self.rank = rank
        shift = Bits.bitWidth - RadixSelection.digitBits
    }

    /// Whether all bits are found.
    var isDone: Bool { shift < 0 }

    /// Counts the next digit of the elements that share the digits found so far, added to `counts`, which
    /// holds a number for each digit.
    func count(_ elements: UnsafeBufferPointer<Bits>, into counts: inout [Int]) {
        let size = 1 << RadixSelection.digitBits
        if elements.count < size {
            // Clearing and adding up the counters below would take longer than this.
            let mask = Bits(truncatingIfNeeded: size - 1)
            for element in elements {
                let key = element & (Bits.max >> 1)
                guard key >> (shift + RadixSelection.digitBits) == prefix else { continue }
                counts[Int(truncatingIfNeeded: key >> shift & mask)] += 1
            }
            return
        }
        let lanes = 4
        // Four counts per digit, because equal neighbours (zeros, mostly) would wait for each other's store.
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: size * lanes) { histogram in
            var start = 0
            // So far apart that a 32-bit count cannot overflow.
            while start < elements.count {
                let end = Swift.min(elements.count, start + 1 << 30)
                histogram.initialize(repeating: 0)
                Bits.tally(
                    UnsafeBufferPointer(rebasing: elements[start..<end]), prefix: prefix, shift: shift,
                    digits: RadixSelection.digitBits, histogram.baseAddress!)
                for digit in 0..<size {
                    for lane in 0..<lanes { counts[digit] += Int(histogram[lane * size + digit]) }
                }
                start = end
            }
        }
    }

    /// Takes the digit in whose elements the rank falls.
    mutating func narrow(by counts: [Int]) {
        var digit = 0
        while digit < counts.count - 1, rank >= counts[digit] {
            rank -= counts[digit]
            digit += 1
        }
        prefix =
            (RadixSelection.digitBits == Bits.bitWidth ? 0 : prefix << Bits(RadixSelection.digitBits))
            | Bits(truncatingIfNeeded: digit)
        shift -= RadixSelection.digitBits
    }

    /// The cut that prunes the element searched for and all before it; known once the search is done.
    var cut: Cut { Cut(threshold: prefix, ties: rank + 1) }
}
