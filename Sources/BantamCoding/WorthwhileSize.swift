// Why: whoever decides between a coded and a plain array, before or after it is coded, does so by one rule.

/// How small a container has to be to be better than the plain array, its cost in the header included.
enum WorthwhileSize: Int {
    /// Smaller at all.
    case smaller = 100
    /// At most 97 % of it: an array that hardly shrinks is worth more as any tool reads it.
    case clearlySmaller = 97

    func includes(_ codedByteCount: Int, of plainByteCount: Int) -> Bool {
        (codedByteCount + Coding.headerByteCount) * 100 < plainByteCount * rawValue
    }
}
