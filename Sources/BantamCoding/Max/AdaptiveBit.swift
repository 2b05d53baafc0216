// Why: every model counts the same way, whether its probability is mixed with others or used as it is.

/// An adaptive probability of a one, with how often it was used: 22 bits of probability above 10 bits of count.
///
/// It is the mean of what it saw, with a half-and-half prior worth half an observation, until `limit`
/// observations; from there it forgets.
struct AdaptiveBit {
    /// Probability in 1/2²² times 1024, plus the count.
    var state: UInt32 = 1 << 31

    /// Nothing seen yet: one half.
    static let unseen = AdaptiveBit()
    /// Counts stop here.
    static let countLimit = 1023

    /// The probability of a one, in 1/65536, from 1 to 65535.
    @inline(__always) var probability: UInt32 { max(1, state &>> 16) }
    /// The probability of a one in 1/4096.
    @inline(__always) var coarse: Int { Int(state &>> 20) }
    /// How many observations this stands on.
    @inline(__always) var count: Int { Int(state & 1023) }

    /// Moves 1/(count + 1.5) of the way towards what was seen. `reciprocals` is ``LogisticTables/reciprocals``.
    @inline(__always)
    mutating func update(_ bit: Int, limit: Int, _ reciprocals: UnsafePointer<Int32>) {
        let count = self.count
        let probability = Int64(state &>> 10)
        let goal: Int64 = bit != 0 ? (1 << 22) - 1 : 0
        let moved = probability &+ ((goal &- probability) &* Int64(reciprocals[count])) &>> 16
        state = UInt32(truncatingIfNeeded: moved) &<< 10 | UInt32(truncatingIfNeeded: min(count &+ 1, limit))
    }
}
