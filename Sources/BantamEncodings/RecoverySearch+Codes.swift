// Why: with their scales known, values become codes in as few bits as they take.

import BantamTensors

extension RecoverySearch {
    /// The codes and scales of runs that have these.
    static func quantized(
        _ values: UnsafeBufferPointer<Float>, _ shape: Shape, _ scales: [CommonScale],
        _ granularity: Quantized.Granularity, _ workers: Workers
    ) -> Quantized {
        let scaleShape = granularity.scaleShape(of: shape)
        let zeroPoints = scales.map(\.zeroPoint)
        let hasBytes = zeroPoints.allSatisfy { $0 != nil }
        let shifts = hasBytes ? zeroPoints.map { $0 ?? 0 } : scales.map { _ in 0 }
        let codes =
            hasBytes
            ? Self.codes(Int8.self, values, .int8, shape, scales, shifts, granularity, workers)
            : Self.codes(Int16.self, values, .int16, shape, scales, shifts, granularity, workers)
        let numbers = Tensor(.float32, scaleShape, scales.map(\.scale))
        let bits = zip(scales, shifts).map { scale, shift in
            max(
                PackedCodes.bits(scale.codes.lowerBound + shift),
                PackedCodes.bits(scale.codes.upperBound + shift))
        }
        return Quantized(
            codes: .dense(codes), scales: numbers,
            zeroPoints: shifts.contains { $0 != 0 }
                ? Tensor(.int8, scaleShape, shifts.map { Int8($0) }) : nil,
            granularity: granularity, heldScales: numbers.halves.map { .dense($0) },
            codeBits: bits.max() ?? 16)
    }

    /// Codes as places in a palette of all of them, in order, −0 before 0; `nil` if it would have over 256 values.
    static func palettized(
        _ values: UnsafeBufferPointer<Float>, _ shape: Shape, _ scales: [CommonScale],
        _ granularity: Quantized.Granularity, _ workers: Workers
    ) -> Quantized? {
        let limit = scales.reduce(0) { max($0, -$1.codes.lowerBound, $1.codes.upperBound) }
        guard 1...127 ~= limit else { return nil }
        let levels = (-limit ... -1).map { Float($0) } + [-0.0] + (0...limit).map { Float($0) }
        let shifts = scales.map { _ in limit }
        let codes = Self.codes(UInt8.self, values, .uint8, shape, scales, shifts, granularity, workers)
        guard let codebook = try? Tensor(.float32, [levels.count], levels).float32(roundedTo: .float16) else {
            return nil
        }
        let numbers = Tensor(.float32, granularity.scaleShape(of: shape), scales.map(\.scale))
        return Quantized(
            codes: .palettized(Palettized(codes: .dense(codes), codebook: codebook)), scales: numbers,
            zeroPoints: nil, granularity: granularity, heldScales: numbers.halves.map { .dense($0) })
    }

    private static func codes<Code: FixedWidthInteger & BitwiseCopyable & Sendable>(
        _: Code.Type, _ values: UnsafeBufferPointer<Float>, _ dtype: DType, _ shape: Shape,
        _ scales: [CommonScale],
        _ shifts: [Int], _ granularity: Quantized.Granularity, _ workers: Workers
    ) -> Tensor {
        let (rows, columns, length) = granularity.slicing(of: shape)
        let pieces = SlicePieces(rows: rows, columns: columns, length: length, limit: 1 << 16)
        nonisolated(unsafe) let values = values
        return Tensor(dtype, shape, as: Code.self) { codes in
            nonisolated(unsafe) let codes = codes
            // Nothing is thrown.
            try? workers.forEach(pieces.count) { index in
                let piece = pieces[index]
                var run = piece.run
                for row in 0..<piece.rows {
                    let first = piece.element + row * piece.columns
                    for start in stride(from: 0, to: piece.columns, by: length) {
                        let (scale, shift) = (scales[run].scale, Int32(shifts[run]))
                        for element in first + start..<first + min(start + length, piece.columns) {
                            let code = CommonScale.code(
                                values[element], scale: scale, inverse: 1 / scale, Format.self
                            ).integer
                            let isUpper: Int32 = Code.isSigned || values[element].sign == .minus ? 0 : 1
                            codes[element] = Code(truncatingIfNeeded: code &+ shift &+ isUpper)
                        }
                        run += 1
                    }
                }
            }
        }
    }
}

extension CommonScale {
    /// What codes are shifted by to fit into a byte, 0 wherever they do; `nil` if nothing will do.
    fileprivate var zeroPoint: Int? {
        let shifts = (-128 - codes.lowerBound, 127 - codes.upperBound)
        guard shifts.0 <= shifts.1 else { return nil }
        let shift = min(max(0, shifts.0), shifts.1)
        return Int(Int8(clamping: shift)) == shift ? shift : nil
    }
}

extension PackedCodes {
    /// The bits of a signed code, at least 2.
    fileprivate static func bits(_ code: Int) -> Int {
        max(2, Int.bitWidth - (code < 0 ? ~code : code).leadingZeroBitCount + 1)
    }
}

extension Tensor {
    /// Several float32 numbers as float16, if that loses nothing.
    fileprivate var halves: Tensor? {
        guard elementCount > 1, let halves = try? float32(roundedTo: .float16),
            let wide = try? halves.float32()
        else { return nil }
        return wide.storage.bytes.elementsEqual(storage.bytes) ? halves : nil
    }
}
