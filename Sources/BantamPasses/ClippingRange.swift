import BantamTensors
import CBantamKernels

/// What the codes of a slice span; values outside are clipped to its ends.
public enum ClippingRange: Sendable, Hashable {
    /// From the smallest to the largest value: nothing is clipped.
    case extent
    /// The magnitude (affine: the two values) that this percentage of the elements does not exceed, by nearest rank:
    /// the element of rank ⌈share/100 · elements⌉ in order.
    case percentile(Double)
    /// What leaves the least squared error: a search over clipping factors, the scale of each fitted to its codes.
    case leastSquares
    /// The magnitude at which the histogram of the clipped slice and that of its codes diverge the least; see
    /// ``DivergenceRange``.
    case leastDivergence

    /// The range that recipes call `name`: `minmax`, `percentile:99.9`, `mse`, `kl`; `nil` if there is none.
    public init?(_ name: String) {
        switch name {
        case "minmax": self = .extent
        case "mse": self = .leastSquares
        case "kl": self = .leastDivergence
        default:
            guard name.hasPrefix("percentile:"), let share = Double(name.dropFirst(11)), share.isFinite else {
                return nil
            }
            self = .percentile(share)
        }
    }
}

extension ClippingRange: CustomStringConvertible {
    /// What recipes call it.
    public var description: String {
        switch self {
        case .extent: "minmax"
        case .percentile(let share): "percentile:\(share)"
        case .leastSquares: "mse"
        case .leastDivergence: "kl"
        }
    }
}

extension ClippingRange {
    /// The ends of a slice of finite values, as the kernels take them; `nil` where they find them themselves.
    ///
    /// - Complexity: O(elements) for a percentile, see ``DivergenceRange`` for the divergence.
    func ends(of slice: UnsafeBufferPointer<Float>, bits: Int, isAffine: Bool) -> bantam_range? {
        switch self {
        case .extent, .leastSquares: return nil
        case .percentile(let share):
            let rank = max(1, min(slice.count, Int((share / 100 * Double(slice.count)).rounded(.up)))) - 1
            guard isAffine else {
                return .symmetric(
                    OrderStatistic.value(of: slice.map { $0.bitPattern & 0x7fff_ffff }, rank: rank))
            }
            let keys = slice.map(OrderStatistic.key)
            let high = OrderStatistic.float(OrderStatistic.value(of: keys, rank: rank))
            let low = OrderStatistic.float(OrderStatistic.value(of: keys, rank: slice.count - 1 - rank))
            return bantam_range(
                highest: max(high, 0).bitPattern & 0x7fff_ffff,
                lowest: min(low, 0).magnitude.bitPattern | 0x8000_0000)
        case .leastDivergence:
            return .symmetric(DivergenceRange.threshold(of: slice, bits: bits).bitPattern)
        }
    }
}

extension bantam_range {
    fileprivate static func symmetric(_ magnitude: UInt32) -> bantam_range {
        bantam_range(highest: magnitude, lowest: magnitude | 0x8000_0000)
    }
}

/// The element of a rank, by digits and not by sorting.
enum OrderStatistic {
    /// An integer in the order of the floats.
    static func key(_ value: Float) -> UInt32 {
        let bits = value.bitPattern
        return bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
    }

    static func float(_ key: UInt32) -> Float {
        Float(bitPattern: key >> 31 == 1 ? key & 0x7fff_ffff : ~key)
    }

    /// The key of `rank`, counted from 0.
    ///
    /// - Complexity: O(keys); few are sorted.
    static func value(of keys: [UInt32], rank: Int) -> UInt32 {
        guard keys.count > 4096 else { return keys.sorted()[rank] }
        var counts = [Int](repeating: 0, count: 1 << 16)
        for key in keys { counts[Int(key >> 16)] += 1 }
        var rest = rank
        let high = counts.firstIndex { count in
            if rest < count { return true }
            rest -= count
            return false
        }!
        return keys.filter { Int($0 >> 16) == high }.sorted()[rest]
    }
}
