// Why: every model counts the same way, whether its probability is mixed with others or used as it is.

/// An adaptive probability of a one, with how often it was used.
///
/// It is the mean of what it saw, with a half-and-half prior worth half an observation, until `limit`
/// observations; from there it forgets.
struct AdaptiveBit {
    /// The probability of a one in 1/2³²; of its bits the form says which are kept.
    private var fraction: UInt32 = 1 << 31
    /// How many observations this stands on.
    private(set) var count: UInt32 = 0

    /// Nothing seen yet: one half.
    static let unseen = AdaptiveBit()
    /// One half, and only many observations of something else change that.
    static let even = AdaptiveBit(count: 512)

    private init(count: UInt32 = 0) { self.count = count }

    /// The probability of a one, in 1/65536, from 1 to 65535.
    @inline(__always) var probability: UInt32 { max(1, fraction &>> 16) }
    /// The probability of a one in 1/4096.
    @inline(__always) var coarse: Int { Int(fraction &>> 20) }

    /// Moves 1/(count + 1.5) of the way towards what was seen. `reciprocals` is ``LogisticTables/reciprocals``.
    @inline(__always)
    mutating func update(_ bit: Int, limit: UInt32, _ form: MaxForm, _ reciprocals: UnsafePointer<UInt32>) {
        let share = Int64(reciprocals[Int(count)] & form.reciprocalMask)
        let goal = bit != 0 ? form.probabilityMask : 0
        let step = ((Int64(goal) &- Int64(fraction)) &* share) &>> LogisticTables.reciprocalBits
        fraction = fraction &+ UInt32(truncatingIfNeeded: step) & form.probabilityMask
        count = min(count &+ 1, limit)
    }
}
