// Why: a symbol of its own pays for a value that is common enough to have a frequency above the least.

extension DenseAlphabet {
    /// The alphabet for counted values of floats with `mantissaBits` in them, or of integers.
    init(values counts: [UInt32], count: Int, mantissaBits: Int?) {
        if let mantissaBits {
            self.init(floats: counts, count: count, mantissaBits: mantissaBits)
        } else {
            self.init(integers: counts, count: count)
        }
    }

    /// Exponents of one value in 512 or more have symbols for each mantissa; the rarer ones below them one each,
    /// while they are at least one in 8192; what is left on both sides is one symbol together.
    private init(floats counts: [UInt32], count: Int, mantissaBits: Int) {
        let octave = 1 << mantissaBits
        let octaves = stride(from: 0, to: counts.count, by: octave).map {
            counts[$0..<min($0 + octave, counts.count)].reduce(0) { $0 + Int($1) }
        }
        let zeroCount = Int(counts[0])
        let hasZeros = zeroCount * 64 > count
        var normal = octaves
        if hasZeros { normal[0] -= zeroCount }
        let common = max(1, normal.reduce(0, +))
        var low = normal.firstIndex { $0 * 512 > common } ?? 0
        var high = (normal.lastIndex { $0 * 2000 > common } ?? low) + 1
        high = max(high, low + 1)
        // With a few symbols to spare for the others.
        low = max(low, high - 224 / octave)
        if low << mantissaBits == 0, hasZeros {
            (first, plain) = (0, high << mantissaBits)
        } else {
            (first, plain) = (low << mantissaBits, (high - low) << mantissaBits)
            var single = low
            while single > 1, low - single < 8, normal[single - 1] * 8192 > common { single -= 1 }
            var base = 0
            if hasZeros {
                below.append(0)
                base = 1
            }
            let bottom = single << mantissaBits
            if counts[base..<min(bottom, counts.count)].contains(where: { $0 > 0 }) || bottom - base > 0 {
                below += DenseAlphabet.filling(from: base, to: bottom)
            }
            below += Array(repeating: mantissaBits, count: low - single)
        }
        let top = first + plain
        if counts.count > top { above.append(DenseAlphabet.bits(for: counts.count - top)) }
    }

    /// Values below 240 have symbols of their own, as far as most reach; beyond them each symbol takes twice what
    /// the one before it did.
    private init(integers counts: [UInt32], count: Int) {
        var rest = 0
        var plain = counts.count
        while plain > 1, rest + Int(counts[plain - 1]) <= count / 4096 || plain > 240 {
            rest += Int(counts[plain - 1])
            plain -= 1
        }
        if counts.count <= plain + plain / 8 + 4, counts.count <= 240 { plain = counts.count }
        (first, self.plain) = (0, plain)
        var base = plain
        var bits = max(0, DenseAlphabet.bits(for: plain) - 1)
        while base < counts.count {
            above.append(bits)
            base += 1 << bits
            bits += 1
        }
    }

    /// Wide symbols that begin at `start` and end at `end` exactly.
    private static func filling(from start: Int, to end: Int) -> [Int] {
        var bits: [Int] = []
        var base = start
        while base < end {
            // The largest power of two that fits; what is rare is not worth more than a few symbols.
            let size = Int.bitWidth - 1 - (end - base).leadingZeroBitCount
            bits.append(size)
            base += 1 << size
        }
        return bits
    }

    /// The bits that tell `count` values apart.
    private static func bits(for count: Int) -> Int {
        count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
    }

    /// The symbol of each value below `limit`, for values of 16 bits.
    func symbols(ofValuesBelow limit: Int) -> [UInt8] {
        var symbols = [UInt8](repeating: 0, count: limit)
        for (index, (base, bits)) in zip(bases, extras).enumerated() {
            let start = min(limit, Int(base))
            for value in start..<min(limit, start + 1 << bits) { symbols[value] = UInt8(plain + index) }
        }
        for value in min(limit, first)..<min(limit, first + plain) { symbols[value] = UInt8(value - first) }
        return symbols
    }
}
