// Why: blocks that were written once must decode for ever, also after the models have learnt to estimate better. What
// sets one form apart from the other is in this one place; the models are the same code.

/// Which of its forms a block of the coder `max` has.
///
/// The second form loses less to noise: its estimates are finer, stand on more observations, and learn more slowly
/// the more they have seen. The third sees sharp edges of a distribution, as uniform weights have.
public struct MaxForm: Equatable, Sendable {
    /// The number that stands in a coded array for the coder in this form.
    let identifier: UInt8
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
    /// So many of the highest bits of the mantissa are coded by what they were after the bits above them, in numbers of
    /// more than 8 bits; of 8 bits all are. Never fewer than are mixed.
    let codedMantissaBits: Int

    /// Read for ever, written no longer.
    public static let first = MaxForm(
        identifier: 9, probabilityMask: ~0x3ff, reciprocalMask: ~0xff, countLimit: 1023, weightBits: 16,
        leastRate: 96,
        knowsRowsAlone: false, codedMantissaBits: 0)
    /// Likewise.
    public static let second = MaxForm(
        identifier: 10, probabilityMask: ~0, reciprocalMask: ~0, countLimit: 16383, weightBits: 22,
        leastRate: 12,
        knowsRowsAlone: true, codedMantissaBits: 0)
    /// See ``written``.
    public static let third = MaxForm(
        identifier: 11, probabilityMask: ~0, reciprocalMask: ~0, countLimit: 16383, weightBits: 22,
        leastRate: 12,
        knowsRowsAlone: true, codedMantissaBits: 8)

    /// Those that are read.
    public static let all = [first, second, third]
    /// The one that is written.
    public static let written = third
}
