import BantamTensors

/// Everything that was measured of a compressed model beside its original.
public struct Evaluation: Sendable {
    /// The original file.
    public var original: MeasuredFile
    /// The compressed file.
    public var compressed: MeasuredFile
    /// Elements of all original tensors: what bits per weight divides by.
    public var elementCount: Int
    /// Reconstruction error over all compared elements together.
    public var totals: ReconstructionError
    /// Each tensor, in the order of the original.
    public var tensors: [TensorEvaluation]
    /// What the predictions on the same samples say of the change; none without network and data.
    public var predictions: PairedPredictions?
    /// How long things took, on this machine.
    public var timing: Timing

    /// A measured pair of files.
    public init(
        original: MeasuredFile, compressed: MeasuredFile, elementCount: Int, totals: ReconstructionError,
        tensors: [TensorEvaluation], predictions: PairedPredictions?, timing: Timing
    ) {
        self.original = original
        self.compressed = compressed
        self.elementCount = elementCount
        self.totals = totals
        self.tensors = tensors
        self.predictions = predictions
        self.timing = timing
    }

    /// Original bytes over compressed bytes.
    public var ratio: Double { Double(original.byteCount) / Double(max(compressed.byteCount, 1)) }
    /// 8 × stored bytes of the whole file over the number of original elements.
    public var bitsPerWeight: Double { 8 * Double(compressed.byteCount) / Double(max(elementCount, 1)) }
}

/// A file and how well its weights predict.
public struct MeasuredFile: Sendable {
    /// The path as the user gave it.
    public var path: String
    /// Bytes on disk.
    public var byteCount: Int
    /// How well the network predicts with these weights; none without network and data.
    public var metrics: ClassificationMetrics?

    /// A file with its measurements.
    public init(path: String, byteCount: Int, metrics: ClassificationMetrics? = nil) {
        self.path = path
        self.byteCount = byteCount
        self.metrics = metrics
    }
}

/// One tensor before and after.
public struct TensorEvaluation: Sendable {
    /// The tensor's name.
    public var name: String
    /// The original dtype.
    public var dtype: DType
    /// The original shape.
    public var shape: Shape
    /// How it is held: `quantized>csr>coded`, `dense`, …
    public var encoding: String
    /// Bytes of the plain original tensor.
    public var originalByteCount: Int
    /// Bytes of all its stored parts.
    public var byteCount: Int
    /// What the reconstruction lost.
    public var error: ReconstructionError
    /// The fraction of zeros before and after.
    public var originalSparsity, sparsity: Double
    /// NaN and infinite elements after.
    public var nonFiniteCount: Int
    /// The values before and after in the same bins; none for tensors that are not real floats or are empty.
    public var histogram: PairedHistogram?
    /// The singular values of the original and how many were kept, for low-rank tensors.
    public var spectrum: Spectrum?

    /// A measured tensor.
    public init(
        name: String, dtype: DType, shape: Shape, encoding: String, originalByteCount: Int, byteCount: Int,
        error: ReconstructionError, originalSparsity: Double, sparsity: Double, nonFiniteCount: Int = 0,
        histogram: PairedHistogram? = nil, spectrum: Spectrum? = nil
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.encoding = encoding
        self.originalByteCount = originalByteCount
        self.byteCount = byteCount
        self.error = error
        self.originalSparsity = originalSparsity
        self.sparsity = sparsity
        self.nonFiniteCount = nonFiniteCount
        self.histogram = histogram
        self.spectrum = spectrum
    }

    /// 8 × stored bytes over elements.
    public var bitsPerWeight: Double { 8 * Double(byteCount) / Double(max(shape.elementCount, 1)) }
}

/// Singular values, largest first, and the rank that was kept of them.
public struct Spectrum: Sendable {
    /// σ₁ ≥ σ₂ ≥ …
    public var singularValues: [Double]
    /// How many of them the compressed tensor kept.
    public var rank: Int

    /// A spectrum with its cut.
    public init(singularValues: [Double], rank: Int) {
        self.singularValues = singularValues
        self.rank = rank
    }
}

/// Wall-clock seconds on the machine that measured, medians where something ran several times.
public struct Timing: Sendable {
    /// Decoding every tensor of the compressed file, one after another.
    public var decompression: Double?
    /// The network over all samples, on the original weights.
    public var originalInference: Double?
    /// The same on the decompressed, dense weights.
    public var compressedInference: Double?
    /// The same directly on sparse and low-rank weights; none if there are none.
    public var directInference: Double?

    /// Seconds measured so far.
    public init(
        decompression: Double? = nil, originalInference: Double? = nil, compressedInference: Double? = nil,
        directInference: Double? = nil
    ) {
        self.decompression = decompression
        self.originalInference = originalInference
        self.compressedInference = compressedInference
        self.directInference = directInference
    }
}
