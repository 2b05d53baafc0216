// Why: shares of 2^12 decide what a table costs; they are made the same way from a shape and from counts.

import CBantamKernels

/// Frequencies from weights.
enum DenseFrequencies {
    /// What the frequencies of a table add up to.
    static let total = 1 << Int(BANTAM_CLASS_RANS_BITS)

    /// Writes frequencies that add up to `total`, at least 1 where the weight is not zero or `isOpen`.
    ///
    /// Each symbol has the 1, and what its share exceeds 1 by is rounded along the running sum, so that the
    /// rounding errors cancel out.
    ///
    /// - Parameters:
    ///   - weights: each below 2^31, 256 at most, one of them not zero.
    ///   - total: at least the number of weights.
    static func write(
        _ weights: UnsafeBufferPointer<UInt64>, total: Int, isOpen: Bool,
        to frequencies: UnsafeMutablePointer<UInt16>
    ) {
        let total = UInt64(total)
        var sum: UInt64 = 0
        for weight in weights { sum &+= weight }
        var excess: UInt64 = 0
        var listed: UInt64 = 0
        for weight in weights where isOpen || weight > 0 {
            listed &+= 1
            if weight &* total > sum { excess &+= weight &* total &- sum }
        }
        let rest = total &- listed
        // Below 2^52 times 2^12: one reciprocal for all, of a sum brought down to 32 bits.
        let shift = UInt64(max(0, 32 - excess.leadingZeroBitCount))
        let scaled = max(1, excess >> shift)
        var running: UInt64 = 0
        var given: UInt64 = 0
        for index in weights.indices {
            let weight = weights[index]
            guard isOpen || weight > 0 else {
                frequencies[index] = 0
                continue
            }
            if weight &* total > sum { running &+= weight &* total &- sum }
            let due = running == excess ? rest : min(rest, (running >> shift) &* rest / scaled)
            frequencies[index] = UInt16(truncatingIfNeeded: 1 &+ due &- given)
            given = due
        }
    }
}

/// A table of its own for a block, made from counts: each weight as the place of its top bit and the bits below.
struct DenseHistogram {
    /// By symbol; 0 for one that does not occur.
    var weights: [UInt64]
    /// The bits kept below the top one.
    var precision: Int

    /// The weights of counts, rounded down to `precision` bits below the top one.
    init(counts: [UInt32], precision: Int) {
        self.precision = precision
        weights = counts.map { count in
            let drop = max(0, 31 - count.leadingZeroBitCount - precision)
            return UInt64(count >> UInt32(drop)) << UInt64(drop)
        }
    }

    /// One to be read.
    init(symbolCount: Int) {
        weights = Array(repeating: 0, count: symbolCount)
        precision = 0
    }

    mutating func code<Coder: BinaryCoder>(with coder: inout Coder) throws {
        precision = coder.plain(precision, bits: 4)
        // The place of a top bit is likely near those of the two symbols before it.
        var chances = Array(repeating: NumberChances(bits: 5), count: 18)
        var (last, before) = (0, 0)
        for index in weights.indices {
            let weight = weights[index]
            let context = (last + before + 1) / 2
            let length = chances[min(context, 17)].code(64 - weight.leadingZeroBitCount, with: &coder)
            (last, before) = (length, last)
            guard length > 0 else {
                weights[index] = 0
                continue
            }
            let kept = min(precision, length - 1)
            let low = coder.codeRaw(
                weight >> UInt64(length - 1 - kept) & (1 << UInt64(kept) - 1), count: kept)
            weights[index] = (1 << UInt64(kept) | low) << UInt64(length - 1 - kept)
        }
        guard weights.contains(where: { $0 > 0 }), weights.allSatisfy({ $0 < 1 << 31 }) else {
            throw DenseCoder.damaged("a table of weights", "none")
        }
    }

    var frequencies: [UInt16] {
        var frequencies = [UInt16](repeating: 0, count: weights.count)
        weights.withUnsafeBufferPointer { weights in
            frequencies.withUnsafeMutableBufferPointer {
                guard let start = $0.baseAddress else { return }
                DenseFrequencies.write(
                    weights, total: DenseFrequencies.total, isOpen: false, to: start)
            }
        }
        return frequencies
    }
}

/// What coding counted symbols costs.
enum DenseCost {
    /// In 1/256 bit.
    static func of(
        _ counts: UnsafeBufferPointer<UInt32>, _ frequencies: UnsafeBufferPointer<UInt16>
    ) -> UInt64 {
        var cost: UInt64 = 0
        for (count, frequency) in zip(counts, frequencies) where count > 0 {
            let bits = Int(BANTAM_CLASS_RANS_BITS) * 256 - FixedPoint.logarithm(UInt64(frequency))
            cost += UInt64(count) * UInt64(max(0, bits))
        }
        return cost
    }
}
