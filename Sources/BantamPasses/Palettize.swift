import BantamEncodings
import BantamTensors
import CBantamKernels

/// Lets the weights of a tensor share a few values, chosen for the least squared error: x̂ = the nearest of them.
///
/// The values are the optimum of one-dimensional k-means (``OptimalClustering``), for up to 65,536 elements over the
/// elements themselves, for more over fine bins and then settled on the elements (``PaletteHistogram``). Where at
/// least one element in 256 is zero, zero is one of the values and the others are the best for that: what was pruned
/// stays pruned.
///
/// - Error bound: half the distance between neighbouring values; the extremes lie within the outermost clusters.
/// - Complexity: O(values · points · log(points)) for the values, where points are elements or bins, and
///   O(values · elements / 16) for the codes.
///
/// Source: S. Han, H. Mao and W. Dally, "Deep Compression", 2016 (weight sharing).
public struct Palettize: Pass {
    /// How many values, 2 to 256.
    public let values: Int
    /// Rows that share values; `nil`: all.
    public let rowsPerGroup: Int?
    /// `float32` or `float16`, what the values are held as.
    public let dtype: DType
    /// Whether a tensor with NaN or infinity is left as it is rather than refused.
    public let keepingNonFinite: Bool
    private var shared: Palette?

    /// What recipes call it.
    public var name: String { "palettize" }

    /// A pass that makes palettes.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for other than 2 to 256 values, empty groups, or another
    ///   dtype.
    public init(
        values: Int, rowsPerGroup: Int? = nil, dtype: DType = .float32, keepingNonFinite: Bool = false
    ) throws {
        guard 2...256 ~= values else {
            throw BantamError(.invalidArgument, "expected 2 to 256 values, found \(values)")
        }
        if let rowsPerGroup, rowsPerGroup < 1 {
            throw BantamError(.invalidArgument, "expected groups of at least 1 row, found \(rowsPerGroup)")
        }
        guard dtype == .float32 || dtype == .float16 else {
            throw BantamError(
                .invalidArgument, "expected values of float32 or float16, found \(dtype.rawValue)")
        }
        self.values = values
        self.rowsPerGroup = rowsPerGroup
        self.dtype = dtype
        self.keepingNonFinite = keepingNonFinite
    }

    /// The same pass with one palette for several tensors, the best for all their elements together.
    ///
    /// - Parameter tensor: the tensor of an index below `count`.
    /// - Throws: ``BantamError`` as ``apply(to:_:)`` does.
    public func sharing(
        _ count: Int, workers: Workers, tensor: (Int) throws -> Tensor
    ) throws -> Palettize {
        var all: PaletteHistogram?
        for index in 0..<count {
            let source = try tensor(index).float32ToQuantize()
            let histogram = try source.withElements(as: Float.self) { elements -> PaletteHistogram? in
                let found = Quantize.NonFinite(in: elements)
                if found.count > 0, keepingNonFinite { return nil }
                guard found.count == 0 else {
                    throw BantamError(
                        .corruption, "expected finite values to palettize, found \(found.found)")
                }
                return try PaletteHistogram(elements, isAlone: false, workers: workers)
            }
            guard let histogram else { continue }
            if all == nil { all = histogram } else { try all?.add(histogram) }
        }
        var pass = self
        pass.shared = try all.map { try Palette($0, count: values, dtype: dtype) }
        return pass
    }

    /// Dense values become codes of the tensor's shape; the stored values of a sparse tensor and both factors of a
    /// low-rank one are palettized each by itself.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything else and for other than float values,
    ///   `corruption` for NaN or infinity, unless ``keepingNonFinite``.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        do {
            return PassResult(try palettized(encoding, context.workers))
        } catch let error as Quantize.NonFinite {
            guard keepingNonFinite else {
                throw BantamError(.corruption, "expected finite values to palettize, found \(error.found)")
            }
            return PassResult(encoding, notes: ["not palettized: \(error.found)"])
        }
    }

    private func palettized(_ encoding: Encoding, _ workers: Workers) throws -> Encoding {
        switch encoding {
        case .dense(let tensor): return .palettized(try palettized(tensor, workers))
        case .sparse(var sparse):
            guard case .dense(let values) = sparse.values, rowsPerGroup == nil else {
                throw BantamError(
                    .invalidArgument,
                    "expected plain values of a sparse tensor and one palette for all, found "
                        + (rowsPerGroup == nil ? sparse.values.summary : "one for some rows"))
            }
            sparse.values = .palettized(try palettized(values, workers))
            return .sparse(sparse)
        case .lowRank(var lowRank):
            lowRank.left = try palettized(lowRank.left, workers)
            lowRank.right = try palettized(lowRank.right, workers)
            return .lowRank(lowRank)
        case .quantized, .palettized, .trellisCoded:
            throw BantamError(
                .invalidArgument, "expected values to palettize, found \(encoding.summary) ones")
        }
    }

    private func palettized(_ tensor: Tensor, _ workers: Workers) throws -> Palettized {
        let source = try tensor.float32ToQuantize()
        let (rows, columns) = tensor.shape.matrixForm ?? (1, tensor.elementCount)
        let groupRows = max(1, min(rowsPerGroup ?? rows, rows))
        let groups = max(1, (rows + groupRows - 1) / groupRows)
        return try source.withElements(as: Float.self) { elements in
            let found = Quantize.NonFinite(in: elements)
            if found.count > 0 { throw found }
            var palettes: [Palette] = []
            let codes = try Tensor(.uint8, tensor.shape, as: UInt8.self) { codes in
                nonisolated(unsafe) let buffers = (elements, codes)
                // One group takes all threads, many groups one each.
                let inner = groups == 1 ? workers : .one
                palettes = try workers.map(groups) { group in
                    let range = group * groupRows * columns..<min((group + 1) * groupRows, rows) * columns
                    return try palette(
                        UnsafeBufferPointer(rebasing: buffers.0[range]),
                        UnsafeMutableBufferPointer(rebasing: buffers.1[range]), inner)
                }
            }
            // Groups with fewer different values repeat their last one.
            let count = palettes.reduce(1) { max($0, $1.values.count) }
            let codebook = palettes.flatMap { palette in
                let values = palette.order.codebook
                return values + [Float](repeating: values.last ?? 0, count: count - values.count)
            }
            let exact = Tensor(.float32, [codebook.count], codebook)
            let held = try exact.float32(roundedTo: dtype)
            let isHeldExactly = try held.float32().array(as: Float.self) == codebook
            return Palettized(
                codes: .dense(codes), codebook: isHeldExactly ? held : exact,
                rowsPerGroup: groups == 1 ? nil : groupRows)
        }
    }

    private func palette(
        _ elements: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableBufferPointer<UInt8>, _ workers: Workers
    ) throws -> Palette {
        var palette: Palette
        if let shared {
            palette = shared
        } else {
            let histogram = try PaletteHistogram(elements, workers: workers)
            palette = try Palette(histogram, count: values, dtype: dtype)
            if !histogram.isExact { try palette.settle(elements, dtype: dtype, workers: workers) }
        }
        try palette.codes(elements, into: codes, workers: workers)
        let order = palette.order.codes
        if palette.keepsZero {
            for index in codes.indices { codes[index] = order[Int(codes[index])] }
        }
        return palette
    }
}
