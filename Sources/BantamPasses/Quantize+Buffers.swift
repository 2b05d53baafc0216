import BantamEncodings
import BantamTensors
import CBantamKernels

// Quantization from buffer to buffer: what the pass runs and the benchmarks time.

extension Quantize {
    /// Elements that one thread takes at a time, and from which on a slice is shared by several.
    private static var pieceLength: Int { 1 << 20 }

    /// Writes the codes, scales and zero points of `source`, a tensor of `shape`.
    ///
    /// - Parameters:
    ///   - codes: as many as elements, `Int8` or `Int16` as ``bits`` says.
    ///   - scales: as many as ``Quantized/Granularity/scaleShape(of:)`` says.
    ///   - zeroPoints: as many as scales if the scheme is affine, else `nil`.
    /// - Returns: the number of slices that hold NaN or infinity; their codes mean nothing.
    /// - Complexity: O(elements); allocates nothing.
    @discardableResult
    public func quantize<Code: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ source: UnsafeBufferPointer<Float>, shape: Shape, codes: UnsafeMutableBufferPointer<Code>,
        scales: UnsafeMutableBufferPointer<Float>, zeroPoints: UnsafeMutableBufferPointer<Code>?,
        workers: Workers
    ) throws -> Int {
        precondition(Code.bitWidth == bits && codes.count == source.count, "buffers do not fit")
        precondition(source.count == shape.elementCount, "buffers do not fit")
        precondition(scales.count == granularity.scaleShape(of: shape).elementCount, "buffers do not fit")
        precondition(zeroPoints?.count == (scheme == .affine ? scales.count : nil), "buffers do not fit")
        guard source.count > 0 else {
            scales.update(repeating: 0)
            zeroPoints?.update(repeating: 0)
            return 0
        }
        let slices = granularity.slicing(of: shape)
        let run = { (type: any QuantizedCode.Type) in
            try self.quantize(
                type, source.baseAddress!, slices, UnsafeMutableRawPointer(codes.baseAddress!),
                scales.baseAddress!, zeroPoints.map { UnsafeMutableRawPointer($0.baseAddress!) }, workers)
        }
        return try run(bits == 8 ? Int8.self : Int16.self)
    }

    private func quantize<Code: QuantizedCode>(
        _ type: Code.Type, _ source: UnsafePointer<Float>,
        _ slices: (rows: Int, columns: Int, length: Int), _ codes: UnsafeMutableRawPointer,
        _ scales: UnsafeMutablePointer<Float>, _ zeroPoints: UnsafeMutableRawPointer?, _ workers: Workers
    ) throws -> Int {
        let codes = codes.assumingMemoryBound(to: Code.self)
        let zeroPoints = zeroPoints?.assumingMemoryBound(to: Code.self)
        if min(slices.length, slices.columns) > Quantize.pieceLength {
            return try quantizeLong(type, source, slices, codes, scales, zeroPoints, workers)
        }
        nonisolated(unsafe) let buffers = (source, codes, scales, zeroPoints)
        let pieces = SlicePieces(
            rows: slices.rows, columns: slices.columns, length: slices.length, limit: Quantize.pieceLength)
        let refused = try workers.map(pieces.count) { index in
            let (source, codes, scales, zeroPoints) = buffers
            let part = pieces[index]
            return Code.quantize(
                source + part.element, rows: part.rows, columns: part.columns, length: slices.length,
                codes: codes + part.element, scales: scales + part.run,
                zeroPoints: zeroPoints.map { $0 + part.run })
        }
        return refused.reduce(0, +)
    }

    /// Slices far larger than a cache, each shared by the threads: first its range, then its codes.
    private func quantizeLong<Code: QuantizedCode>(
        _ type: Code.Type, _ source: UnsafePointer<Float>,
        _ slices: (rows: Int, columns: Int, length: Int), _ codes: UnsafeMutablePointer<Code>,
        _ scales: UnsafeMutablePointer<Float>, _ zeroPoints: UnsafeMutablePointer<Code>?, _ workers: Workers
    ) throws -> Int {
        var refused = 0
        var slice = 0
        let isAffine = scheme == .affine
        for row in 0..<slices.rows {
            for start in stride(from: 0, to: slices.columns, by: slices.length) {
                let count = min(slices.length, slices.columns - start)
                let first = row * slices.columns + start
                nonisolated(unsafe) let buffers = (source + first, codes + first)
                let pieces = SlicePieces(rows: 1, columns: count, length: 1, limit: Quantize.pieceLength)
                let ranges = try workers.map(pieces.count) { index in
                    let part = pieces[index]
                    return bantam_range_of(buffers.0 + part.element, part.columns)
                }
                let range = bantam_range(
                    highest: ranges.reduce(0) { max($0, $1.highest) },
                    lowest: ranges.reduce(0) { max($0, $1.lowest) })
                if max(range.highest, range.lowest & 0x7fff_ffff) >= Float.infinity.bitPattern { refused += 1 }
                let step = bantam_step_of(range, Int32(bits), isAffine ? 1 : 0)
                let zeroPoint = Code(truncatingIfNeeded: step.zero_point)
                scales[slice] = step.scale
                zeroPoints?[slice] = zeroPoint
                try workers.forEach(pieces.count) { index in
                    let part = pieces[index]
                    Code.round(
                        buffers.0 + part.element, count: part.columns, scale: step.scale,
                        zeroPoint: zeroPoint, isAffine: isAffine, codes: buffers.1 + part.element)
                }
                slice += 1
            }
        }
        return refused
    }
}

extension Quantize.NonFinite {
    init(in elements: UnsafeBufferPointer<Float>) {
        count = bantam_count_non_finite(elements.baseAddress, elements.count)
        self.elements = elements.count
    }
}
