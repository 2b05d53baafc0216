// Why: to choose between coders, `auto` must know which are quick without timing them.

/// How long a coder takes to decode, roughly, on one thread of a current machine.
public enum DecodingCost: Int, Comparable, Sendable {
    /// Several GB of original bytes a second, in the order of copying them.
    case memory
    /// 1 to 3 GB a second.
    case quick
    /// Hundreds of MB a second.
    case moderate
    /// Tens of MB a second, or fewer.
    case slow

    /// Cheaper ones come first.
    public static func < (one: DecodingCost, other: DecodingCost) -> Bool { one.rawValue < other.rawValue }
}
