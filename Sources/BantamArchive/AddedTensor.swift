// Why: what has been coded waits on disk, not in memory, until all sizes are known.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors

/// An array that waits in the spool for its place in the file, or is only coded on its way there.
struct SpooledArray: Sendable {
    var layout: ArrayLayout
    /// The identifier of its coder; `nil` if it stands plain.
    var coder: UInt8?
    /// Its bytes in the spool. Of a stream only the count means anything: the most it can have until it is
    /// written, then what it has.
    var range: Range<Int>
    /// What is still to be coded.
    var stream: TensorStream?
    /// The checksum of those bytes.
    var checksum: Checksum
    /// The checksum of the raw bytes of a coded array.
    private var rawChecksum: Checksum?

    var isCoded: Bool { coder != nil }

    /// The checksum of what the array decodes to.
    var contentChecksum: Checksum { rawChecksum ?? checksum }

    init(_ array: PreparedTensor.Array, spool: SpoolFile) throws {
        layout = array.layout
        coder = array.coder
        rawChecksum = array.rawChecksum
        range = spool.reserve(array.byteCount)
        var streaming = StreamingChecksum()
        var offset = range.lowerBound
        try array.forEachPiece {
            try spool.write($0, at: offset)
            streaming.update($0)
            offset += $0.count
        }
        checksum = streaming.checksum
    }

    /// An array that `stream` will write.
    init(_ stream: TensorStream) {
        layout = ArrayLayout(dtype: stream.tensor.dtype, shape: stream.tensor.shape)
        coder = stream.encoder.coder
        range = 0..<stream.encoder.largestByteCount
        self.stream = stream
        checksum = Checksum(value: 0)
    }

    /// The array once its stream is written.
    func written(byteCount: Int, checksum: Checksum, rawChecksum: Checksum) -> SpooledArray {
        var array = self
        array.range = 0..<byteCount
        array.checksum = checksum
        array.rawChecksum = rawChecksum
        return array
    }
}

/// A tensor that is coded while the file is written, block by block.
struct TensorStream: Sendable {
    /// The position in the source.
    var index: Int
    /// Mapped, so that it takes no memory while it waits.
    var tensor: Tensor
    var encoder: BlockEncoder
}

/// A tensor whose arrays wait in the spool.
struct AddedTensor: Sendable {
    var tree: PartTree<SpooledArray>
    /// The checksum of what the encoding gives back.
    var checksum: Checksum
    var isLossless: Bool
    var summary: String
    /// The coders of its arrays; see ``PartTree/coderNames``.
    var coders: [String] { tree.coderNames { $0.coder } }

    /// A tensor that is held losslessly by one array, which is still to be written or has been.
    init(_ array: SpooledArray, original: DType) {
        tree = .dense(array)
        checksum = array.contentChecksum
        isLossless = true
        summary = tree.storedSummary(original) { ($0.layout.dtype, $0.isCoded) }
    }

    init(_ prepared: PreparedTensor, original: Tensor, spool: SpoolFile, workers: Workers) throws {
        tree = try prepared.tree.map { try SpooledArray($1, spool: spool) }
        summary = tree.storedSummary(original.dtype) { ($0.layout.dtype, $0.isCoded) }
        if tree.base != nil {
            checksum = Checksum(of: original)
            isLossless = true
        } else if case .dense(let tensor) = prepared.encoding, tensor.dtype == original.dtype {
            if case .dense(let array) = tree {
                checksum = array.contentChecksum
            } else {
                checksum = Checksum(of: tensor)
            }
            isLossless = tensor.storage === original.storage || checksum == Checksum(of: original)
        } else {
            (checksum, isLossless) = try Reconstruction.compared(
                prepared.encoding, with: original, workers: workers)
        }
    }
}

extension PreparedTensor {
    /// How a tensor of dtype `original` would be held, as reports show it: `quantized>csr>coded`.
    public func summary(of original: DType) -> String {
        tree.storedSummary(original) { ($0.layout.dtype, $0.isCoded) }
    }

    /// The coders of its arrays, each once, in the order of the arrays.
    public var coders: [String] { tree.coderNames { $0.coder } }
}

extension PartTree {
    /// How a tensor is held, as reports show it: `dense`, `float16>coded`, `quantized>csr>coded`.
    func storedSummary(_ original: DType, _ leaf: (Leaf) -> (dtype: DType, isCoded: Bool)) -> String {
        let kinds = summary { leaf($0).dtype == original ? "dense" : leaf($0).dtype.rawValue }
        return leaves.contains { leaf($0).isCoded } ? kinds + ">coded" : kinds
    }

    /// The names of the coders of arrays, each once, in the order of the arrays.
    func coderNames(_ coder: (Leaf) -> UInt8?) -> [String] {
        var names: [String] = []
        for name in leaves.compactMap({ coder($0).map(Coders.name) }) where !names.contains(name) {
            names.append(name)
        }
        return names
    }
}
