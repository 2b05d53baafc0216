import BantamEncodings
import BantamTensors

/// Leaves out the zeros: stores only the other elements, and where they stand. Lossless.
///
/// It reaches through what earlier passes made: of a quantized tensor the codes become sparse, of a low-rank
/// one each factor.
public struct Sparsify: Pass {
    /// How the positions are stored.
    public enum Format: String, Sendable, CaseIterable {
        /// Row pointers and column indices.
        case csr
        /// One bit an element.
        case bitmask
        /// One byte of distance a value.
        case relative
        /// Whichever of these, or of staying dense, takes the fewest bytes once stored.
        case auto
    }

    /// What recipes call it.
    public var name: String { "sparse" }

    /// How positions are stored.
    public let format: Format

    /// A pass that stores positions in `format`.
    public init(_ format: Format) { self.format = format }

    /// The sparse form; with `auto`, or where a format would take more bytes than what it replaces, perhaps the
    /// encoding as it was. The notes say which.
    ///
    /// - Complexity: O(elements) for each format tried.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for CSR below rank 2, for codes with a zero point
    ///   that is not zero, and for what is sparse already; `compatibility` for sub-byte elements.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        switch encoding {
        case .dense(let tensor):
            return try apply(to: tensor, context) { $0 }
        case .quantized(let quantized):
            return try apply(toCodesOf: quantized, context)
        case .lowRank(var lowRank):
            let left = try apply(to: lowRank.left, context)
            let right = try apply(to: lowRank.right, context)
            (lowRank.left, lowRank.right) = (left.encoding, right.encoding)
            return PassResult(
                .lowRank(lowRank),
                notes: left.notes.map { "left factor: " + $0 } + right.notes.map { "right factor: " + $0 })
        case .palettized(let palettized):
            guard case .dense(let codes) = palettized.codes, palettized.zeroIsZero else {
                return PassResult(
                    encoding,
                    notes: ["sparse: kept dense, no value of the palette is zero for it to leave out"])
            }
            return try apply(to: codes, context) { codes in
                var result = palettized
                result.codes = codes
                return .palettized(result)
            }
        case .sparse, .trellisCoded:
            throw BantamError(
                .invalidArgument, "sparse: expected a tensor with its zeros, found \(encoding.summary)")
        }
    }

    private func apply(toCodesOf quantized: Quantized, _ context: PassContext) throws -> PassResult {
        guard case .dense(let codes) = quantized.codes else {
            throw BantamError(
                .invalidArgument,
                "sparse: expected codes with their zeros, found \(Encoding.quantized(quantized).summary)")
        }
        guard codes.dtype.isInteger, quantized.rotation == nil else {
            throw BantamError(
                .invalidArgument,
                "sparse: expected integer codes that are not rotated, found "
                    + "\(quantized.rotation == nil ? codes.dtype.rawValue : "rotated ones")")
        }
        if let zeroPoints = quantized.zeroPoints {
            let shifted = zeroPoints.storage.bytes.contains { $0 != 0 }
            guard !shifted else {
                throw BantamError(
                    .invalidArgument,
                    "sparse: expected codes whose zero stands for zero, found zero points other than 0; "
                        + "quantize with scheme symmetric")
            }
        }
        return try apply(to: codes, context) { codes in
            var result = quantized
            result.codes = codes
            return .quantized(result)
        }
    }

    /// `wrap` makes the whole encoding of what `tensor` became.
    private func apply(
        to tensor: Tensor, _ context: PassContext, _ wrap: (Encoding) -> Encoding
    ) throws -> PassResult {
        guard let fixed = Sparse.Format(rawValue: format.rawValue) else {
            return try smallest(of: tensor, context, wrap)
        }
        let sparse = try Sparse(tensor, as: fixed, workers: context.workers)
        let bytes = sparse.positions.byteCount + sparse.values.shape.elementCount * tensor.dtype.bitWidth / 8
        guard bytes < tensor.byteCount else {
            return PassResult(
                wrap(.dense(tensor)),
                notes: [
                    "sparse: kept dense, \(format.rawValue) would take \(bytes) bytes and dense takes "
                        + "\(tensor.byteCount)"
                ])
        }
        return PassResult(wrap(.sparse(sparse)))
    }

    private func smallest(
        of tensor: Tensor, _ context: PassContext, _ wrap: (Encoding) -> Encoding
    ) throws -> PassResult {
        // The formats are ranked by estimates; what counts against staying dense are the bytes themselves.
        let dense = wrap(.dense(tensor))
        let denseBytes = try context.storedBytes(dense)
        var candidates: [(format: Sparse.Format, encoding: Encoding, bytes: Int)] = []
        for format in Sparse.Format.allCases where format != .csr || tensor.shape.rank >= 2 {
            let encoding = wrap(.sparse(try Sparse(tensor, as: format, workers: context.workers)))
            candidates.append((format, encoding, try context.estimatedBytes(encoding)))
        }
        guard let best = candidates.indices.min(by: { candidates[$0].bytes < candidates[$1].bytes }) else {
            return PassResult(dense)
        }
        candidates[best].bytes = try context.storedBytes(candidates[best].encoding)
        let isSparse = candidates[best].bytes < denseBytes
        let tried =
            ["dense \(denseBytes)"]
            + candidates.indices.map {
                "\(candidates[$0].format.rawValue) \($0 == best ? "" : "~")\(candidates[$0].bytes)"
            }
        return PassResult(
            isSparse ? candidates[best].encoding : dense,
            notes: [
                "sparse: \(isSparse ? "chose " + candidates[best].format.rawValue : "kept dense"), bytes stored: "
                    + tried.joined(separator: ", ")
            ])
    }
}
