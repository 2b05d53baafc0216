/// The lengths of a tensor's axes, outermost first (row-major). A scalar has no axes and one element.
public struct Shape: Sendable, Hashable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// The length of each axis.
    public let axes: [Int]
    /// The product of all axes, known not to overflow.
    public let elementCount: Int

    /// A shape from lengths that may come from an untrusted file: `nil` if one is negative, or if the
    /// number of elements or of bits at 128 bits an element overflows.
    public init?(checking axes: [Int]) {
        var count = 1
        for axis in axes {
            let (product, overflow) = count.multipliedReportingOverflow(by: axis)
            guard axis >= 0, !overflow else { return nil }
            count = product
        }
        guard !count.multipliedReportingOverflow(by: 128).overflow else { return nil }
        self.axes = axes
        self.elementCount = count
    }

    /// A shape from lengths the caller vouches for.
    public init(_ axes: [Int]) {
        guard let shape = Shape(checking: axes) else { preconditionFailure("impossible shape \(axes)") }
        self = shape
    }

    /// `[300, 64]`; see ``init(_:)``.
    public init(arrayLiteral axes: Int...) { self.init(axes) }

    /// The number of axes.
    public var rank: Int { axes.count }

    /// How matrix passes see the tensor: `[axis 0, all the rest]`; `nil` below rank 2.
    public var matrixForm: (rows: Int, columns: Int)? {
        guard rank >= 2 else { return nil }
        return (axes[0], axes[0] == 0 ? 0 : elementCount / axes[0])
    }

    /// Equal axes; the count follows from them.
    public static func == (a: Shape, b: Shape) -> Bool { a.axes == b.axes }
    /// Hashes the axes alone.
    public func hash(into hasher: inout Hasher) { hasher.combine(axes) }

    /// `300×64`, or `scalar`.
    public var description: String {
        axes.isEmpty ? "scalar" : axes.map(String.init).joined(separator: "×")
    }
}
