// Why: a writer needs only the checksum of what comes back; decoding a large tensor whole for it would double the
// memory that compressing it takes.

import BantamCoding
import BantamEncodings
import BantamTensors

extension Reconstruction {
    /// The checksum of what `encoding` gives back, and whether that is the original bit for bit.
    ///
    /// Large quantized matrices are decoded some rows at a time.
    static func compared(
        _ encoding: Encoding, with original: Tensor, workers: Workers
    ) throws -> (checksum: Checksum, isLossless: Bool) {
        guard case .quantized(let quantized) = encoding, let slices = QuantizedSlices(quantized) else {
            let whole = try Reconstruction(of: encoding, as: original.dtype, workers: workers)
            return withExtendedLifetime((whole, original)) {
                (whole.checksum, whole.tensor.storage.bytes.isEqual(to: original.storage.bytes))
            }
        }
        var streaming = StreamingChecksum()
        var isLossless = true
        var offset = 0
        for slice in 0..<slices.count {
            let piece = try Encoding.quantized(slices[slice]).decoded(workers: workers)
                .converted(to: original.dtype)
            withExtendedLifetime((piece, original)) {
                let end = offset + piece.byteCount
                let bytes = UnsafeRawBufferPointer(rebasing: original.storage.bytes[offset..<end])
                streaming.update(piece.storage.bytes)
                isLossless = isLossless && piece.storage.bytes.isEqual(to: bytes)
                offset = end
            }
        }
        return (streaming.checksum, isLossless)
    }
}

/// A large quantized matrix as runs of its rows, each a quantized matrix that decodes to those rows.
private struct QuantizedSlices {
    private let whole: Quantized
    private let codes: Tensor
    private let rows: Int
    private let columns: Int
    private let rowsPerSlice: Int

    /// So many decoded bytes at a time; a matrix of fewer is not cut.
    static let sliceByteCount = 2 << 20

    init?(_ quantized: Quantized) {
        // The rows of a trellis code hang together.
        guard quantized.trellis == nil, case .dense(let codes) = quantized.codes,
            let (rows, columns) = codes.shape.matrixForm,
            codes.elementCount * 4 > QuantizedSlices.sliceByteCount
        else { return nil }
        whole = quantized
        self.codes = codes
        self.rows = rows
        self.columns = columns
        rowsPerSlice = max(1, QuantizedSlices.sliceByteCount / (columns * 4))
    }

    var count: Int { (rows - 1) / rowsPerSlice + 1 }

    subscript(index: Int) -> Quantized {
        let first = index * rowsPerSlice
        let range = first..<min(first + rowsPerSlice, rows)
        func slice(_ tensor: Tensor) -> Tensor {
            whole.granularity == .tensor
                ? tensor : tensor.rows(range, of: rows, [range.count] + tensor.shape.axes.dropFirst())
        }
        return Quantized(
            codes: .dense(codes.rows(range, of: rows, [range.count, columns])), scales: slice(whole.scales),
            zeroPoints: whole.zeroPoints.map(slice), granularity: whole.granularity, rotation: whole.rotation)
    }
}

extension Tensor {
    /// A copy of rows of a tensor of whole bytes, under a shape of as many elements.
    fileprivate func rows(_ range: Range<Int>, of rows: Int, _ axes: [Int]) -> Tensor {
        let width = byteCount / rows
        return withExtendedLifetime(storage) {
            Tensor(
                dtype, Shape(axes),
                Storage(byteCount: range.count * width) {
                    $0.copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: storage.bytes[range.lowerBound * width..<range.upperBound * width]))
                })
        }
    }
}
