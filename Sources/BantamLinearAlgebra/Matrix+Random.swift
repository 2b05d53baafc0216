import Glibc

extension Matrix {
    /// Independent standard normal numbers that `seed` alone decides (SplitMix64, G. Steele et al., 2014;
    /// Box–Muller).
    static func normal(rows: Int, columns: Int, seed: UInt64) -> Matrix {
        var state = seed
        func uniform() -> Double {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
        }
        return Matrix(rows: rows, columns: columns) { result in
            var index = 0
            while index < result.count {
                let (radius, angle) = ((-2 * log(uniform())).squareRoot(), 2 * Double.pi * uniform())
                result[index] = Float(radius * cos(angle))
                if index + 1 < result.count { result[index + 1] = Float(radius * sin(angle)) }
                index += 2
            }
        }
    }
}
