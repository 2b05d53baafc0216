// Why: frequencies are made from logarithms in the encoder and the decoder, on every machine to the same bit.

/// Logarithms and powers of two in 1/256, by integers alone.
enum FixedPoint {
    /// log₂ `number` in 1/256 from its eight top bits, rounded down; 0 for 0.
    @inline(__always)
    static func logarithm(_ number: UInt64) -> Int {
        guard number > 0 else { return 0 }
        let length = 64 - number.leadingZeroBitCount
        let top = length > 8 ? number >> UInt64(length - 8) : number << UInt64(8 - length)
        return (length - 8) * 256 + topLogarithms[Int(top)]
    }

    private static let topLogarithms = FixedPointLogarithm.table.map {
        Int($0 >> UInt64(FixedPointLogarithm.fractionBits - 8))
    }

    /// `powers[i]` is ⌊2^(30 + i/256)⌋ for i from 0 to 255, but for the rounding of the roots it is made of.
    static let powers: [UInt64] = (0..<256).map { index in
        var power: UInt64 = 1 << 31
        for (bit, root) in roots.enumerated() where index >> (7 - bit) & 1 == 1 {
            power = (power * root) >> 31
        }
        return power >> 1
    }

    /// 2^(1/2), 2^(1/4), … 2^(1/256) times 2³¹, each the rounded-down root of the one before.
    private static let roots: [UInt64] = {
        var roots: [UInt64] = []
        var last: UInt64 = 1 << 32
        for _ in 0..<8 {
            last = squareRoot(last << 31)
            roots.append(last)
        }
        return roots
    }()

    /// ⌊√number⌋, bit by bit.
    private static func squareRoot(_ number: UInt64) -> UInt64 {
        var root: UInt64 = 0
        for bit in stride(from: 31 as UInt64, through: 0, by: -1) {
            let candidate = root | 1 << bit
            if candidate * candidate <= number { root = candidate }
        }
        return root
    }
}
