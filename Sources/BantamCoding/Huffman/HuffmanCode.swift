// Why: a canonical code is known from its lengths alone, which is all that a block needs to hold.

/// A complete prefix code of bytes with words of up to 12 bits.
///
/// The words of a length follow each other in the order of their symbols, shorter ones first: read as binary
/// fractions they cut the numbers below 1 into one interval for each symbol.
struct HuffmanCode {
    /// The bits of each byte's word, 0 for a byte that has none.
    let lengths: [UInt8]

    /// The longest word.
    static let longest = 12
    /// Intervals are given in this fraction of 1.
    static let slotCount = 1 << longest

    /// The shortest code for bytes counted; at least two must occur.
    init(counts: [Int]) { lengths = CodeLengths.optimal(for: counts, limit: HuffmanCode.longest) }

    /// The code with these lengths; `nil` unless its words fill all slots exactly.
    init?(lengths: [UInt8]) {
        guard lengths.count == 256, lengths.allSatisfy({ $0 <= HuffmanCode.longest }) else { return nil }
        let filled = lengths.reduce(0) { $0 + ($1 == 0 ? 0 : HuffmanCode.slotCount >> Int($1)) }
        guard filled == HuffmanCode.slotCount else { return nil }
        self.lengths = lengths
    }

    /// Calls `body` for each byte that has a word, in the order of words, with the slots it fills.
    private func forEachWord(_ body: (_ symbol: Int, _ length: UInt8, _ slots: Range<Int>) -> Void) {
        var start = 0
        for length in 1...UInt8(HuffmanCode.longest) {
            for symbol in 0..<256 where lengths[symbol] == length {
                let end = start + (HuffmanCode.slotCount >> Int(length))
                body(symbol, length, start..<end)
                start = end
            }
        }
    }

    /// By byte: its first slot, which is its word with zeros behind it, times 2¹⁶, plus its length.
    var words: [UInt32] {
        var words = [UInt32](repeating: 0, count: 256)
        forEachWord { words[$0] = UInt32($2.lowerBound) << 16 | UInt32($1) }
        return words
    }

    /// By slot: the byte times 2⁸, plus the length of its word.
    var slots: [UInt16] {
        var entries = [UInt16](repeating: 0, count: HuffmanCode.slotCount)
        forEachWord { symbol, length, slots in
            for slot in slots { entries[slot] = UInt16(symbol) << 8 | UInt16(length) }
        }
        return entries
    }
}

// MARK: As bytes

extension HuffmanCode {
    private var symbolRange: ClosedRange<Int> {
        (lengths.firstIndex { $0 > 0 } ?? 0)...(lengths.lastIndex { $0 > 0 } ?? 0)
    }

    /// The first and the last byte with a word, then the lengths from one to the other, four bits each.
    var serialized: [UInt8] {
        let range = symbolRange
        var bytes = [UInt8(range.lowerBound), UInt8(range.upperBound)]
        for symbol in stride(from: range.lowerBound, through: range.upperBound, by: 2) {
            let next = symbol < range.upperBound ? lengths[symbol + 1] : 0
            bytes.append(lengths[symbol] | next << 4)
        }
        return bytes
    }

    /// The bytes of lengths after the first two.
    static func lengthByteCount(first: UInt8, last: UInt8) -> Int { (Int(last) - Int(first)) / 2 + 1 }

    /// The code whose lengths from `first` to `last`, which is larger, are packed in `bytes`; `nil` unless it is one.
    init?(first: UInt8, last: UInt8, packed bytes: UnsafeRawBufferPointer) {
        var lengths = [UInt8](repeating: 0, count: 256)
        for symbol in Int(first)...Int(last) {
            let place = symbol - Int(first)
            lengths[symbol] = place % 2 == 0 ? bytes[place / 2] & 15 : bytes[place / 2] >> 4
        }
        let spare = (last - first) % 2 == 0 ? (bytes.last ?? 0) >> 4 : 0
        guard lengths[Int(first)] > 0, lengths[Int(last)] > 0, spare == 0 else { return nil }
        self.init(lengths: lengths)
    }
}
