import BantamEncodings
import BantamTensors
import CBantamKernels

// Quantization from buffer to buffer: what the pass runs and the benchmarks time.

extension Quantize {
    /// Elements that one thread takes at a time; longer slices are shared by several.
    private static var pieceLength: Int { 1 << 20 }

    /// Writes the codes, scales and zero points of `source`, a tensor of `shape`.
    ///
    /// - Parameters:
    ///   - codes: as many as elements, `Int8` or `Int16` as ``bits`` says, which is 8 or 16; range, format of scales and
    ///     rotation are not for this.
    ///   - scales: as many as ``Quantized/Granularity/scaleShape(of:)`` says.
    ///   - zeroPoints: as many as scales if the scheme is affine, else `nil`.
    ///   - owner: the storage that `source` stands on; what is done is let go of.
    /// - Returns: the number of slices that hold NaN or infinity; their codes mean nothing.
    /// - Complexity: O(elements); allocates only a few bytes per piece of a million elements.
    @discardableResult
    public func quantize<Code: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ source: UnsafeBufferPointer<Float>, shape: Shape, codes: UnsafeMutableBufferPointer<Code>,
        scales: UnsafeMutableBufferPointer<Float>, zeroPoints: UnsafeMutableBufferPointer<Code>?,
        owner: Storage? = nil, workers: Workers
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
                scales.baseAddress!, zeroPoints.map { UnsafeMutableRawPointer($0.baseAddress!) }, owner,
                workers)
        }
        return try run(bits == 8 ? Int8.self : Int16.self)
    }

    private func quantize<Code: QuantizedCode>(
        _ type: Code.Type, _ source: UnsafePointer<Float>,
        _ slices: (rows: Int, columns: Int, length: Int), _ codes: UnsafeMutableRawPointer,
        _ scales: UnsafeMutablePointer<Float>, _ zeroPoints: UnsafeMutableRawPointer?, _ owner: Storage?,
        _ workers: Workers
    ) throws -> Int {
        let codes = codes.assumingMemoryBound(to: Code.self)
        let zeroPoints = zeroPoints?.assumingMemoryBound(to: Code.self)
        let pieces = SlicePieces(
            rows: slices.rows, columns: slices.columns, length: slices.length, limit: Quantize.pieceLength)
        if pieces.cutsRuns {
            return try quantize(source, pieces, codes, scales, zeroPoints, owner, workers)
        }
        nonisolated(unsafe) let buffers = (source, codes, scales, zeroPoints)
        let refused = try workers.map(pieces.count) { index in
            let (source, codes, scales, zeroPoints) = buffers
            let part = pieces[index]
            let refused = Code.quantize(
                source + part.element, rows: part.rows, columns: part.columns, length: slices.length,
                codes: codes + part.element, scales: scales + part.run,
                zeroPoints: zeroPoints.map { $0 + part.run })
            owner?.letGo(of: part.bytes(of: source))
            return refused
        }
        return refused.reduce(0, +)
    }

    /// Slices far larger than a cache, each shared by the threads: first their ranges, then the codes.
    private func quantize<Code: QuantizedCode>(
        _ source: UnsafePointer<Float>, _ pieces: SlicePieces, _ codes: UnsafeMutablePointer<Code>,
        _ scales: UnsafeMutablePointer<Float>, _ zeroPoints: UnsafeMutablePointer<Code>?, _ owner: Storage?,
        _ workers: Workers
    ) throws -> Int {
        nonisolated(unsafe) let buffers = (source, codes)
        let partRanges = try workers.map(pieces.count) { index in
            defer { owner?.letGo(of: pieces[index].bytes(of: buffers.0)) }
            return bantam_range_of(buffers.0 + pieces[index].element, pieces[index].columns)
        }
        var ranges: [bantam_range] = []
        for (index, part) in partRanges.enumerated() {
            if pieces[index].run == ranges.count {
                ranges.append(part)
            } else {
                let whole = ranges[ranges.count - 1]
                ranges[ranges.count - 1] = bantam_range(
                    highest: max(whole.highest, part.highest), lowest: max(whole.lowest, part.lowest))
            }
        }
        let isAffine: Int32 = scheme == .affine ? 1 : 0
        let steps = ranges.map { bantam_step_of($0, Int32(bits), isAffine) }
        for (run, step) in steps.enumerated() {
            scales[run] = step.scale
            zeroPoints?[run] = Code(truncatingIfNeeded: step.zero_point)
        }
        try workers.forEach(pieces.count) { index in
            let piece = pieces[index]
            let step = steps[piece.run]
            Code.round(
                buffers.0 + piece.element, count: piece.columns, scale: step.scale,
                zeroPoint: Code(truncatingIfNeeded: step.zero_point), isAffine: isAffine == 1,
                codes: buffers.1 + piece.element)
            owner?.letGo(of: piece.bytes(of: buffers.0))
        }
        return ranges.count {
            max($0.highest, $0.lowest & 0x7fff_ffff) >= Float.infinity.bitPattern
        }
    }
}

extension SlicePieces.Piece {
    /// The bytes of the piece in the matrix that begins at `source`.
    fileprivate func bytes(of source: UnsafePointer<Float>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: source + element, count: rows * columns))
    }
}

extension Quantize.NonFinite {
    init(in elements: UnsafeBufferPointer<Float>) {
        count = bantam_count_non_finite(elements.baseAddress, elements.count)
        self.elements = elements.count
    }
}
