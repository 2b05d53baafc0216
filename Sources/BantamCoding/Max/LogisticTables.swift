// Why: mixing happens in the logistic domain. The tables are made with integers alone, so that every processor has
// the same ones.

/// 256·ln(p / (1 − p)) and its inverse as tables, within ±12·256.
///
/// Immutable, made once, never freed.
struct LogisticTables: @unchecked Sendable {
    /// The largest magnitude in the logistic domain, 12·256 − 1.
    static let limit = 3071
    /// Bits of fraction in ``reciprocals``.
    static let reciprocalBits: Int64 = 24
    /// The one copy.
    static let shared = LogisticTables()

    /// `squash[x + limit]` = 65536 / (1 + e^(−x/256)), from 1 to 65535.
    let squash: UnsafePointer<UInt16>
    /// `stretch[p]`: the first x whose squash is at least 16·p + 8; p is a probability in 1/4096.
    let stretch: UnsafePointer<Int16>
    /// `reciprocals[n]` = 2^``reciprocalBits`` / (n + 1.5), n to the highest limit of a count.
    let reciprocals: UnsafePointer<UInt32>

    private init() {
        let limit = LogisticTables.limit
        let squash = UnsafeMutablePointer<UInt16>.allocate(capacity: 2 * limit + 1)
        let stretch = UnsafeMutablePointer<Int16>.allocate(capacity: 4096)
        let reciprocals = UnsafeMutablePointer<UInt32>.allocate(
            capacity: Int(MaxForm.second.countLimit) + 1)
        // e^(x/256) in 1/2³², each from the one before; 4311777323 = round(2³²·e^(1/256)).
        var power: UInt64 = 1 << 32
        for x in 0...limit {
            let sum = power + (1 << 32)
            let complement = max(1, ((1 << 48) + sum / 2) / sum)
            squash[limit + x] = UInt16(65536 - complement)
            squash[limit - x] = UInt16(complement)
            let product = power.multipliedFullWidth(by: 4_311_777_323)
            power = product.high << 32 | product.low >> 32
        }
        var x = -limit
        for probability in 0..<4096 {
            while x < limit, Int(squash[x + limit]) < 16 * probability + 8 { x += 1 }
            stretch[probability] = Int16(x)
        }
        for count in 0...Int(MaxForm.second.countLimit) {
            reciprocals[count] = UInt32((2 << LogisticTables.reciprocalBits) / (2 * count + 3))
        }
        self.squash = UnsafePointer(squash)
        self.stretch = UnsafePointer(stretch)
        self.reciprocals = UnsafePointer(reciprocals)
    }
}
