// Why: a table must suit what was counted and must not cost more than it saves.

import BantamEncodings

extension FrequencyTable {
    /// The table for indices counted by magnitude, with as many raw bits.
    ///
    /// A magnitude is listed if that is cheaper than escaping it. Frequencies are shares rounded down, then one slot at
    /// a time is given where it gains most or taken where it loses least.
    init(counts: [UInt64], rawBits: Int) {
        let total = max(1, counts.reduce(0, +))
        var symbols = [UInt64](repeating: 0, count: FrequencyTable.largestSymbol + 1)
        var largest = 0
        var escaped: UInt64 = 0
        for (magnitude, count) in counts.enumerated() where count > 0 {
            let symbol = FrequencyTable.symbol(of: magnitude, rawBits: rawBits)
            if symbol <= FrequencyTable.largestSymbol { symbols[symbol] += count } else { escaped += count }
        }
        // Two slots for a magnitude cost the others 2/4096·log₂ e bit each; an escape costs about 8 bit more.
        for symbol in 0...FrequencyTable.largestSymbol where symbols[symbol] * 11000 > total {
            largest = symbol
        }
        escaped += symbols[(largest + 1)...].reduce(0, +)

        let slots = FrequencyTable.total
        let escape = max(1, min(slots / 2, Int(escaped * UInt64(slots) / total)))
        var frequencies = (0...largest).map { symbol in
            max(1, Int(symbols[symbol] * UInt64(slots) / (symbol == 0 ? total : 2 * total)))
        }
        // Zero takes what is left, so that it and the escape together stay even.
        var left = slots - escape - frequencies[0] - 2 * frequencies.dropFirst().reduce(0, +)
        func gain(_ symbol: Int, _ change: Int) -> Int {
            let before = UInt64(frequencies[symbol])
            return Int(symbols[symbol])
                * (BinaryLogarithm.fixedPoint(UInt64(Int(before) + change))
                    - BinaryLogarithm.fixedPoint(before))
        }
        while left != 0 {
            if left == 1 || left == -1 && frequencies[0] > 1 {
                frequencies[0] += left
                break
            }
            let change = left > 0 ? 1 : -1
            var best: (symbol: Int, gain: Int)?
            for symbol in 0...largest where frequencies[symbol] + change > 0 {
                // By slot, of which zero takes one and the others two.
                let gain = symbol == 0 ? 2 * gain(0, change) : gain(symbol, change)
                if best.map({ gain > $0.gain }) ?? true { best = (symbol, gain) }
            }
            guard let best else { break }
            frequencies[best.symbol] += change
            left -= best.symbol == 0 ? change : 2 * change
        }
        self.init(rawBits: rawBits, escape: escape, frequencies: frequencies)
    }

    /// The magnitude of the symbol of an index.
    static func symbol(of magnitude: Int, rawBits: Int) -> Int {
        magnitude == 0 ? 0 : 1 + (magnitude - 1) >> rawBits
    }

    /// The bits of an index of `magnitude` that follow an escape: a gamma code and its sign.
    static func escapedBits(of magnitude: Int) -> Int {
        2 * (63 - UInt64(max(1, magnitude)).leadingZeroBitCount) + 2
    }

    /// The bits of an index of `magnitude`, sign included, times 2¹⁶.
    func cost(of magnitude: Int) -> Int {
        let symbol = FrequencyTable.symbol(of: magnitude, rawBits: rawBits)
        let whole = 12 << BinaryLogarithm.fractionBits
        guard symbol < frequencies.count else {
            return whole - BinaryLogarithm.fixedPoint(UInt64(escape))
                + FrequencyTable.escapedBits(of: magnitude) << BinaryLogarithm.fractionBits
        }
        return whole - BinaryLogarithm.fixedPoint(UInt64(frequencies[symbol]))
            + (magnitude == 0 ? 0 : rawBits << BinaryLogarithm.fractionBits)
    }

    /// Calls `body` for runs of magnitudes up to `count` that cost the same.
    func forEachCost(upTo count: Int, _ body: (Range<Int>, Int) -> Void) {
        var magnitude = 0
        while magnitude < count {
            let symbol = FrequencyTable.symbol(of: magnitude, rawBits: rawBits)
            let end =
                if magnitude == 0 {
                    1
                } else if symbol < frequencies.count {
                    1 + symbol << rawBits
                } else {
                    // As many as are escaped by numbers of the same length.
                    1 << (64 - magnitude.leadingZeroBitCount)
                }
            body(magnitude..<min(end, count), cost(of: magnitude))
            magnitude = end
        }
    }
}
