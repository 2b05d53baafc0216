import BantamEncodings
import BantamTensors
import CBantamKernels

// Codes of 2 to 8 bits in three steps: the scales of all slices, how these are held, and then the codes for the
// scales as they come back.

extension Quantize {
    func lowBits(_ tensor: Tensor, _ workers: Workers, _ notes: inout [String]) throws -> Quantized {
        let source = try rotated(tensor.float32ToQuantize(), workers)
        let shape = tensor.shape
        let scaleShape = granularity.scaleShape(of: shape)
        let slices = granularity.slicing(of: shape)
        var zeroPoints: Tensor?
        let scales = try Tensor(.float32, scaleShape, as: Float.self) { scales in
            try source.withElements(as: Float.self) { elements in
                guard scheme == .affine else { return try steps(elements, slices, scales, nil, workers) }
                zeroPoints = try Tensor(.int8, scaleShape, as: Int8.self) {
                    try steps(elements, slices, scales, $0, workers)
                }
            }
        }
        let held = try scaleFormat.held(scales, &notes)
        let codes = try Tensor(.int8, shape, as: Int8.self) { codes in
            try source.withElements(as: Float.self) { elements in
                try held.decoded.withElements(as: Float.self) { scales in
                    guard let zeroPoints else {
                        return try round(elements, slices, scales, nil, codes, workers)
                    }
                    try zeroPoints.withElements(as: Int8.self) {
                        try round(elements, slices, scales, $0, codes, workers)
                    }
                }
            }
        }
        return Quantized(
            codes: .dense(codes), scales: held.decoded, zeroPoints: zeroPoints, granularity: granularity,
            heldScales: held.held, codeBits: bits, rotation: rotation)
    }

    /// Symmetric codes of runs of unequal length, one scale each.
    func lowBits(
        _ values: Tensor, runs: [Int], _ notes: inout [String]
    ) throws -> (codes: Tensor, scales: HeldScales) {
        let source = try values.float32ToQuantize()
        let starts = runs.reduce(into: [0]) { $0.append($0.last! + $1) }
        let scales = try source.withElements(as: Float.self) { elements in
            try Tensor(.float32, [runs.count], as: Float.self) { scales in
                for (run, count) in runs.enumerated() {
                    scales[run] = 0
                    guard count > 0 else { continue }
                    try steps(
                        UnsafeBufferPointer(rebasing: elements[starts[run]..<starts[run] + count]),
                        (1, count, count), UnsafeMutableBufferPointer(rebasing: scales[run...run]), nil, .one)
                }
            }
        }
        let held = try scaleFormat.held(scales, &notes)
        let codes = source.withElements(as: Float.self) { elements in
            held.decoded.withElements(as: Float.self) { scales in
                Tensor(.int8, values.shape, as: Int8.self) { codes in
                    for (run, count) in runs.enumerated() where count > 0 {
                        bantam_low_bit_codes(
                            elements.baseAddress! + starts[run], 1, count, count, Int32(bits),
                            scales.baseAddress! + run, nil, codes.baseAddress! + starts[run])
                    }
                }
            }
        }
        return (codes, held)
    }

    private func rotated(_ source: Tensor, _ workers: Workers) throws -> Tensor {
        guard let rotation else { return source }
        return try source.withElements(as: Float.self) { elements in
            // A rotation would spread one NaN over its block, and the message should count what was there.
            let found = NonFinite(in: elements)
            if found.count > 0 { throw found }
            return try Tensor(.float32, source.shape, as: Float.self) { result in
                _ = result.update(fromContentsOf: elements)
                try rotation.apply(result, shape: source.shape, workers: workers)
            }
        }
    }

    /// Pieces of whole slices: those of a large tensor a few rows or runs each, whole runs one by one.
    private func forEachPiece(
        _ slices: (rows: Int, columns: Int, length: Int), _ workers: Workers,
        _ body: @Sendable (SlicePieces.Piece) throws -> Void
    ) throws {
        guard slices.rows > 0, slices.columns > 0 else { return }
        let pieces = SlicePieces(
            rows: slices.rows, columns: slices.columns, length: slices.length, limit: 1 << 16)
        guard pieces.cutsRuns else {
            return try workers.forEach(pieces.count) { try body(pieces[$0]) }
        }
        let runs = (slices.columns - 1) / slices.length + 1
        try workers.forEach(slices.rows * runs) { index in
            let start = index % runs * slices.length
            try body(
                SlicePieces.Piece(
                    element: index / runs * slices.columns + start, run: index, rows: 1,
                    columns: min(slices.length, slices.columns - start)))
        }
    }

    private func steps(
        _ source: UnsafeBufferPointer<Float>, _ slices: (rows: Int, columns: Int, length: Int),
        _ scales: UnsafeMutableBufferPointer<Float>, _ zeroPoints: UnsafeMutableBufferPointer<Int8>?,
        _ workers: Workers
    ) throws {
        // A tensor without elements may have scales all the same.
        guard source.count > 0 else {
            scales.update(repeating: 0)
            zeroPoints?.update(repeating: 0)
            return
        }
        nonisolated(unsafe) let buffers = (source, scales.baseAddress!, zeroPoints?.baseAddress)
        try forEachPiece(slices, workers) { piece in
            let (source, scales, zeroPoints) = buffers
            let refused = bantam_low_bit_steps(
                source.baseAddress! + piece.element, piece.rows, piece.columns, slices.length, Int32(bits),
                scheme == .affine ? 1 : 0, range == .leastSquares ? 1 : 0, scales + piece.run,
                zeroPoints.map { $0 + piece.run })
            if refused > 0 { throw NonFinite(in: source) }
            clip(source, piece, slices.length, scales, zeroPoints)
        }
    }

    /// Scales of ranges that are found here and not by a kernel.
    private func clip(
        _ source: UnsafeBufferPointer<Float>, _ piece: SlicePieces.Piece, _ length: Int,
        _ scales: UnsafeMutablePointer<Float>, _ zeroPoints: UnsafeMutablePointer<Int8>?
    ) {
        if range == .extent || range == .leastSquares { return }
        let isAffine = scheme == .affine
        var run = piece.run
        for row in 0..<piece.rows {
            for start in stride(from: 0, to: piece.columns, by: length) {
                let first = piece.element + row * piece.columns + start
                let slice = UnsafeBufferPointer(
                    rebasing: source[first..<first + min(length, piece.columns - start)])
                if let ends = range.ends(of: slice, bits: bits, isAffine: isAffine) {
                    let step = bantam_step_of(ends, Int32(bits), isAffine ? 1 : 0)
                    scales[run] = step.scale
                    zeroPoints?[run] = Int8(truncatingIfNeeded: step.zero_point)
                }
                run += 1
            }
        }
    }

    private func round(
        _ source: UnsafeBufferPointer<Float>, _ slices: (rows: Int, columns: Int, length: Int),
        _ scales: UnsafeBufferPointer<Float>, _ zeroPoints: UnsafeBufferPointer<Int8>?,
        _ codes: UnsafeMutableBufferPointer<Int8>, _ workers: Workers
    ) throws {
        guard source.count > 0 else { return }
        nonisolated(unsafe) let buffers = (
            source.baseAddress!, scales.baseAddress!, zeroPoints?.baseAddress, codes.baseAddress!
        )
        // Codes need no whole runs, but they need to know which run they are in.
        let pieces = SlicePieces(
            rows: slices.rows, columns: slices.columns, length: slices.length, limit: 1 << 16)
        let length = pieces.cutsRuns ? Int.max : slices.length
        try workers.forEach(pieces.count) { index in
            let (source, scales, zeroPoints, codes) = buffers
            let piece = pieces[index]
            bantam_low_bit_codes(
                source + piece.element, piece.rows, piece.columns, min(length, max(1, piece.columns)),
                Int32(bits),
                scales + piece.run, zeroPoints.map { $0 + piece.run }, codes + piece.element)
        }
    }
}
