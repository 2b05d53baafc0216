// Why: where values are common each is a symbol; where they are rare a symbol stands for many, with raw bits.

import CBantamKernels

/// How values become symbols: `plain` ones of their own from `first` on, and wide ones below and above.
struct DenseAlphabet {
    /// The smallest value that has a symbol of its own.
    var first = 0
    /// How many have: symbols 0 to `plain` - 1.
    var plain = 0
    /// The bits beside the symbol, of the wide symbols below from 0 up, and of those above from the last plain one
    /// up. Each begins where the one before it ends, but those below end at `first` at the latest.
    var below: [Int] = []
    var above: [Int] = []

    static let largest = BANTAM_CLASS_RANS_SYMBOLS

    var count: Int { plain + below.count + above.count }

    /// The smallest value of each wide symbol.
    var bases: [UInt64] {
        var bases: [UInt64] = []
        var base: UInt64 = 0
        for bits in below {
            bases.append(base)
            base &+= 1 &<< UInt64(bits)
        }
        base = UInt64(first) &+ UInt64(plain)
        for bits in above {
            bases.append(base)
            base &+= 1 &<< UInt64(bits)
        }
        return bases
    }

    var extras: [Int] { below + above }

    /// The alphabet as the kernels take it.
    var kernel: bantam_alphabet {
        var alphabet = bantam_alphabet()
        alphabet.plain = UInt32(plain)
        alphabet.count = UInt32(count)
        alphabet.first = UInt64(first)
        let (bases, extras) = (self.bases, self.extras)
        withUnsafeMutableBytes(of: &alphabet.bases) { buffer in
            let buffer = buffer.bindMemory(to: UInt64.self)
            for (index, base) in bases.enumerated() { buffer[plain + index] = base }
        }
        withUnsafeMutableBytes(of: &alphabet.extras) { buffer in
            for (index, bits) in extras.enumerated() { buffer[plain + index] = UInt8(bits) }
        }
        return alphabet
    }

    /// Codes the alphabet; `valueBits` is how many bits `first` can have.
    mutating func code<Coder: BinaryCoder>(with coder: inout Coder) throws {
        first = coder.plain(first, bits: 16)
        plain = coder.plain(plain, bits: 9)
        let belowCount = coder.plain(below.count, bits: 8)
        let aboveCount = coder.plain(above.count, bits: 8)
        guard 1...DenseAlphabet.largest ~= plain + belowCount + aboveCount else {
            throw DenseCoder.damaged(
                "up to \(DenseAlphabet.largest) symbols", "\(plain + belowCount + aboveCount)")
        }
        below.append(contentsOf: repeatElement(0, count: belowCount - below.count))
        above.append(contentsOf: repeatElement(0, count: aboveCount - above.count))
        var chances = NumberChances(bits: 7)
        for index in below.indices { below[index] = chances.code(below[index], with: &coder) }
        for index in above.indices { above[index] = chances.code(above[index], with: &coder) }
        guard !extras.contains(where: { $0 > 64 }) else {
            throw DenseCoder.damaged("up to 64 bits beside a symbol", "more")
        }
    }
}
