/// The values of a tensor before and after, counted in the same equally wide bins.
public struct PairedHistogram: Sendable, Equatable {
    /// The lower edge of the first bin and the upper edge of the last, in the unit of the weights.
    public var range: ClosedRange<Double>
    /// Elements per bin before.
    public var before: [Int]
    /// Elements per bin after; as many bins.
    public var after: [Int]

    /// Counts over a range.
    public init(range: ClosedRange<Double>, before: [Int], after: [Int]) {
        self.range = range
        self.before = before
        self.after = after
    }
}
