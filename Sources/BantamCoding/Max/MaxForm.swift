// Why: blocks that were written once must decode for ever, also after the models have learnt to estimate better. What
// sets one form apart from the other is in this one place; the models are the same code.

/// Which of its forms a block of the coder `max` has.
///
/// The second form loses less to noise: its estimates are finer, stand on more observations, and learn more slowly
/// the more they have seen.
public struct MaxForm: Equatable, Sendable {
    /// Which bits of an adaptive probability are kept.
    let probabilityMask: UInt32
    /// Which bits of the reciprocal of a count are kept.
    let reciprocalMask: UInt32
    /// Where the counts of adaptive bits stop, unless a shorter memory is asked for.
    let countLimit: UInt32
    /// Bits of fraction in the mixer's weights.
    let weightBits: Int
    /// Where the mixer's rate of learning stops falling, in 1/16.
    let leastRate: Int64
    /// Whether an element is compared with its row alone too, and whether a column without elements is expected to
    /// be like all.
    let knowsRowsAlone: Bool

    /// Read for ever, written no longer.
    public static let first = MaxForm(
        probabilityMask: ~0x3ff, reciprocalMask: ~0xff, countLimit: 1023, weightBits: 16, leastRate: 96,
        knowsRowsAlone: false)
    /// What is written.
    public static let second = MaxForm(
        probabilityMask: ~0, reciprocalMask: ~0, countLimit: 16383, weightBits: 22, leastRate: 12,
        knowsRowsAlone: true)
}
