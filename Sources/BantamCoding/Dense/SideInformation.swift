// Why: classes, shape and table of a block are a few hundred numbers; coded well they cost next to nothing. One
// piece of code for both directions keeps encoder and decoder from drifting apart.

/// The probability of a one, which moves towards what it sees, by half at first and by 1/32 in the end.
struct Chance {
    private var probability: UInt32 = 32768
    private var rate: UInt32 = 4

    @inline(__always)
    mutating func code<Coder: BinaryCoder>(_ bit: Int, with coder: inout Coder) -> Int {
        let bit = coder.code(bit, probability: probability)
        // 1, 1, 2, 2, 2, 2, 3 eight times, 4 sixteen times, then 5: about the mean of what it saw so far.
        let shift = 30 &- UInt32(truncatingIfNeeded: rate.leadingZeroBitCount)
        if bit != 0 {
            probability &+= (65535 &- probability) &>> shift
        } else {
            probability &-= probability &>> shift
        }
        rate = min(rate &+ 2, 64)
        return bit
    }
}

/// Adaptive codes of small integers.
struct NumberChances {
    private var tree: [Chance]
    private let bits: Int

    /// For integers of `bits` bits, each coded from the top bit down, every prefix with a chance of its own.
    init(bits: Int) {
        self.bits = bits
        tree = Array(repeating: Chance(), count: 1 << bits)
    }

    mutating func code<Coder: BinaryCoder>(_ value: Int, with coder: inout Coder) -> Int {
        var prefix = 1
        var place = bits
        while place > 0 {
            place &-= 1
            prefix = prefix &<< 1 | tree[prefix].code(value &>> place & 1, with: &coder)
        }
        return prefix - 1 << bits
    }
}

extension BinaryCoder {
    /// An integer of `bits` bits, up to 63, as likely as any other.
    mutating func plain(_ value: Int, bits: Int) -> Int {
        Int(truncatingIfNeeded: codeRaw(UInt64(truncatingIfNeeded: value), count: bits))
    }
}

/// Adaptive codes of integers of either sign: the number of bits by chances, the bits below the top one raw.
struct SignedChances {
    private var lengths = NumberChances(bits: 4)

    /// Codes a value of magnitude below 2^14.
    mutating func code<Coder: BinaryCoder>(_ value: Int, with coder: inout Coder) -> Int {
        let folded = value < 0 ? -2 * value - 1 : 2 * value
        let length = lengths.code(Int.bitWidth - folded.leadingZeroBitCount, with: &coder)
        guard length > 0 else { return 0 }
        let low = coder.plain(folded & (1 << (length - 1) - 1), bits: length - 1)
        let found = 1 << (length - 1) | low
        return found & 1 == 1 ? -(found + 1) / 2 : found / 2
    }
}
