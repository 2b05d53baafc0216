// Why: a slow coder is benchmarked on pieces, and these must stand for the whole.

import BantamLoaders
import BantamTensors

/// The tensors of one dtype of a file, or evenly spread pieces of them.
struct BenchmarkSample {
    private let file: any TensorFile
    private let indices: [Int]
    /// The bytes of all tensors.
    let byteCount: Int

    init(_ file: any TensorFile, _ dtype: DType) {
        self.file = file
        indices = file.entries.indices.filter {
            file.entries[$0].dtype == dtype && file.entries[$0].byteCount > 0
        }
        byteCount = indices.reduce(0) { $0 + file.entries[$1].byteCount }
    }

    /// All tensors if they have up to `limit` bytes, else pieces of about that many in all, from places that are
    /// evenly spread over all bytes. They are in memory, not in a mapped file.
    func tensors(upTo limit: Int, pieceByteCount: Int) throws -> [Tensor] {
        guard byteCount > limit else { return try indices.map { try file.tensor(at: $0).inMemory() } }
        let count = max(1, limit / pieceByteCount)
        var centres = (0..<count).map { Int((Double($0) + 0.5) / Double(count) * Double(byteCount)) }[...]
        var pieces: [Tensor] = []
        var start = 0
        for index in indices {
            let end = start + file.entries[index].byteCount
            let inside = centres.prefix { $0 < end }
            if !inside.isEmpty {
                centres = centres.dropFirst(inside.count)
                pieces += try file.tensor(at: index).pieces(around: inside.map { $0 - start }, pieceByteCount)
            }
            start = end
        }
        return pieces
    }
}

extension Tensor {
    /// The same tensor in memory of its own.
    fileprivate func inMemory() -> Tensor { Tensor(dtype, shape, copy(of: 0..<byteCount)) }

    /// The first elements, at most so many bytes of them.
    func beginning(_ limit: Int) -> Tensor {
        let width = dtype.bitWidth / 8
        guard width > 0, byteCount > limit else { return self }
        return Tensor(dtype, [limit / width], copy(of: 0..<limit / width * width))
    }

    /// Pieces of about so many bytes with these places in their middle, none of them twice: whole rows of the
    /// matrix form, or elements where that has none or rows are longer. Packed tensors stay whole.
    fileprivate func pieces(around centres: [Int], _ pieceByteCount: Int) -> [Tensor] {
        guard dtype.bitWidth % 8 == 0, byteCount > pieceByteCount else { return [inMemory()] }
        let width = dtype.bitWidth / 8
        let rowByteCount = (shape.matrixForm?.columns ?? 0) * width
        let hasRows = rowByteCount > 0 && rowByteCount <= pieceByteCount
        let unit = hasRows ? rowByteCount : width
        var done = 0
        return centres.compactMap { centre in
            let first = max(done, (centre - pieceByteCount / 2) / unit)
            let end = min(first + pieceByteCount / unit, byteCount / unit)
            guard first < end else { return nil }
            done = end
            let bytes = copy(of: first * unit..<end * unit)
            return Tensor(dtype, hasRows ? [end - first, rowByteCount / width] : [end - first], bytes)
        }
    }

    private func copy(of range: Range<Int>) -> Storage {
        withExtendedLifetime(storage) {
            Storage(byteCount: range.count) {
                $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
            }
        }
    }
}
