import BantamTensors

/// What can be said of one tensor's values without a second one to compare with.
public struct TensorStatistics: Sendable, Equatable {
    /// The smallest and largest finite value; none if there is no finite value or no number at all.
    public var range: ClosedRange<Double>?
    /// The mean of the finite values.
    public var mean: Double?
    /// The standard deviation of the finite values (of the population: divided by their count).
    public var standardDeviation: Double?
    /// The fraction of elements that are zero.
    public var sparsity: Double
    /// NaN and infinite elements.
    public var nonFiniteCount: Int
    /// Entropy of order 0 in bits per element, or a bound of it as ``entropyBasis`` says; see ``ElementEntropy``.
    public var entropy: Double
    /// What ``entropy`` is.
    public var entropyBasis: ElementEntropy.Basis
    /// That of order 0 in any case; `nil` if there are too many different values to count.
    public var orderZeroEntropy: Double?
    /// That of the elements' exponents, if they have any.
    public var exponentEntropy: Double?

    /// The statistics of `tensor`.
    ///
    /// - Complexity: O(elements); sums run in order, so that they are the same for any number of threads.
    public init(_ tensor: Tensor) {
        let theory = ElementEntropy(tensor)
        entropy = theory.value
        entropyBasis = theory.basis
        orderZeroEntropy = theory.orderZero
        exponentEntropy = theory.exponent
        sparsity = 0
        nonFiniteCount = 0
        guard tensor.elementCount > 0, let floats = try? tensor.float32() else { return }
        var low = Float.infinity
        var high = -Float.infinity
        var zeros = 0
        var sum = 0.0
        var squares = 0.0
        var finite = 0
        floats.storage.forEachPiece { piece in
            for value in piece.bindMemory(to: Float.self) {
                guard value.isFinite else { continue }
                finite += 1
                zeros += value == 0 ? 1 : 0
                low = min(low, value)
                high = max(high, value)
                sum += Double(value)
                squares += Double(value) * Double(value)
            }
        }
        sparsity = Double(zeros) / Double(tensor.elementCount)
        nonFiniteCount = tensor.elementCount - finite
        guard finite > 0 else { return }
        range = Double(low)...Double(high)
        let average = sum / Double(finite)
        mean = average
        standardDeviation = max(0, squares / Double(finite) - average * average).squareRoot()
    }
}
