/// A length cut into nearly equal blocks of at least `each` (one if it is shorter), by the length alone.
struct Blocks: Sendable {
    private let total: Int
    let count: Int

    init(of total: Int, each: Int) {
        self.total = total
        count = max(1, total / max(1, each))
    }

    subscript(block: Int) -> Range<Int> {
        let (length, longer) = total.quotientAndRemainder(dividingBy: count)
        let start = block * length + min(block, longer)
        return start..<start + length + (block < longer ? 1 : 0)
    }
}
