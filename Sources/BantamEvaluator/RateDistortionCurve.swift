import Glibc

/// What a model's matrices lose at several numbers of bits, beside the fewest bits there could be.
///
/// Bits are those of whole files, so they compare with every other figure of a report. Errors are those of the matrices
/// alone, because schemes differ only in how they hold these.
public struct RateDistortionCurve: Sendable {
    /// How a scheme spends its bits.
    public enum Kind: String, Sendable {
        /// Where they buy most: rate–distortion quantization.
        case rateDistortion = "rate-distortion"
        /// So many for each weight, before lossless coding.
        case fixedWidth = "fixed-width"
    }

    /// One scheme and what came of it.
    public struct Point: Sendable {
        /// What the scheme is called.
        public var name: String
        /// How it spends its bits.
        public var kind: Kind
        /// The pass over the matrices, as recipes write it.
        public var pass: String
        /// Bytes of the whole file.
        public var byteCount: Int
        /// Σ(x − x̂)² over the matrices.
        public var squaredError: Double
        /// The fraction of samples predicted right; none without network and data.
        public var accuracy: Double?
        /// What the predictions on the same samples say of the change.
        public var predictions: PairedPredictions?

        /// A measured scheme.
        public init(
            name: String, kind: Kind, pass: String, byteCount: Int, squaredError: Double,
            accuracy: Double? = nil, predictions: PairedPredictions? = nil
        ) {
            self.name = name
            self.kind = kind
            self.pass = pass
            self.byteCount = byteCount
            self.squaredError = squaredError
            self.accuracy = accuracy
            self.predictions = predictions
        }
    }

    /// The original file as the user gave it.
    public var original: MeasuredFile
    /// The tensors of the model.
    public var tensorCount: Int
    /// Elements of all tensors: what bits per weight divides by.
    public var elementCount: Int
    /// The matrices that count, and their elements.
    public var matrixCount, matrixElementCount: Int
    /// Σx² over the matrices.
    public var energy: Double
    /// The fewest bits for the matrices if each of their rows were Gaussian.
    public var bound: GaussianBound
    /// The schemes, rate–distortion quantization first, from coarse to fine.
    public var points: [Point]
    /// The schemes that could not be measured, with the reason.
    public var notes: [String]

    /// A measured curve.
    public init(
        original: MeasuredFile, tensorCount: Int, elementCount: Int, matrixCount: Int,
        matrixElementCount: Int, energy: Double, bound: GaussianBound, points: [Point], notes: [String] = []
    ) {
        self.original = original
        self.tensorCount = tensorCount
        self.elementCount = elementCount
        self.matrixCount = matrixCount
        self.matrixElementCount = matrixElementCount
        self.energy = energy
        self.bound = bound
        self.points = points
        self.notes = notes
    }

    /// 8 × stored bytes of the whole file over the elements of the model.
    public func bitsPerWeight(_ point: Point) -> Double { perWeight(8 * Double(point.byteCount)) }

    /// 10·log₁₀(Σx² / Σ(x − x̂)²) over the matrices, in dB; infinite where nothing was lost.
    public func sqnr(_ point: Point) -> Double { decibels(point.squaredError) }

    /// The bits of the matrices at the bound, over the elements of the model: nothing else counts.
    public func boundBitsPerWeight(sqnr: Double) -> Double {
        perWeight(bound.bits(squaredError: energy * pow(10, -sqnr / 10)))
    }

    /// The SQNR in dB that the bound allows for so many bits a weight, all of them for the matrices.
    public func boundSQNR(bitsPerWeight: Double) -> Double {
        decibels(bound.squaredError(bits: bitsPerWeight * Double(elementCount)))
    }

    /// Bits per weight of rate–distortion quantization at an SQNR in dB, on the straight line between the points on either
    /// side; `nil` beyond them. The true curve bends upwards, so it lies below that line.
    public func rateDistortionBitsPerWeight(sqnr: Double) -> Double? {
        let known = points.filter { $0.kind == .rateDistortion }
            .map { (sqnr: self.sqnr($0), bits: bitsPerWeight($0)) }
            .filter { $0.sqnr.isFinite }.sorted { $0.sqnr < $1.sqnr }
        for (low, high) in zip(known, known.dropFirst()) where (low.sqnr...high.sqnr).contains(sqnr) {
            let span = high.sqnr - low.sqnr
            return span > 0 ? low.bits + (sqnr - low.sqnr) / span * (high.bits - low.bits) : low.bits
        }
        return nil
    }

    private func decibels(_ squaredError: Double) -> Double {
        squaredError == 0 ? .infinity : 10 * log10(energy / squaredError)
    }

    private func perWeight(_ bits: Double) -> Double { bits / Double(max(elementCount, 1)) }
}
