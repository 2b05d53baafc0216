// Why: weights that were quantized once and written out as floats again take a fraction when they are held by their
// codes; finding that must cost next to nothing where it is not so.

import BantamTensors
import CBantamKernels
import Glibc

extension Quantized {
    /// The codes and scales that `tensor` was made from: decoded and rounded to its dtype they give every element bit
    /// for bit. `nil` if there are none.
    ///
    /// Found are float32, bfloat16 and float16 elements x = code·scale with codes of up to ±255 and one scale for the
    /// tensor, for each slice of axis 0, or for each group of 128, 64 or 32, whichever takes the fewest bits. Codes are the smallest
    /// possible, `int8` where they can be, with zero points if need be, else `int16`. Where there are −0, as rounding of
    /// small negative floats gives, codes of up to ±127 are looked up in a palette that has both zeros.
    ///
    /// - Complexity: that of ``mayBeRecovered(from:)`` if it says no, else O(elements). The result does not depend
    ///   on `workers`.
    public init?(recoveredFrom tensor: Tensor, workers: Workers) {
        let found: Quantized? =
            switch tensor.dtype {
            case .float32: RecoverySearch<SingleFloat>(tensor)?.recovered(workers)
            case .bfloat16: RecoverySearch<BrainFloat>(tensor)?.recovered(workers)
            case .float16: RecoverySearch<HalfFloat>(tensor)?.recovered(workers)
            default: nil
            }
        guard let found else { return nil }
        self = found
    }

    /// Whether samples of `tensor` have codes and scales. If not, ``init(recoveredFrom:workers:)`` gives none.
    ///
    /// - Complexity: microseconds for tensors that were never quantized, whatever their size; else a few of their rows.
    public static func mayBeRecovered(from tensor: Tensor) -> Bool {
        switch tensor.dtype {
        case .float32: RecoverySearch<SingleFloat>(tensor)?.isPlausible == true
        case .bfloat16: RecoverySearch<BrainFloat>(tensor)?.isPlausible == true
        case .float16: RecoverySearch<HalfFloat>(tensor)?.isPlausible == true
        default: false
        }
    }
}

/// Ends a search.
private struct NoScale: Error {}

/// A tensor whose codes and scales are looked for.
private struct RecoverySearch<Format: RoundedFloat> {
    private let tensor: Tensor
    private let rows: Int
    private let columns: Int
    private let isMatrix: Bool

    /// Rows that are looked at before all are.
    private static var sampleRows: Int { 16 }
    /// Fewer elements are not worth a scale.
    private static var leastElements: Int { 64 }

    /// `nil` if a few elements in some places share no scale.
    init?(_ tensor: Tensor) {
        guard tensor.elementCount >= Self.leastElements else { return nil }
        self.tensor = tensor
        isMatrix = tensor.shape.matrixForm != nil
        (rows, columns) = tensor.shape.matrixForm ?? (1, tensor.elementCount)
        guard (0..<Self.sampleRows).allSatisfy({ sharesScale(group($0)) }) else { return nil }
    }

    /// Elements of a row that share a scale whatever the granularity is.
    private func group(_ index: Int) -> Range<Int> {
        let start = sampleRow(index) * columns + columns / 32 * index / Self.sampleRows * 32
        return start..<start + min(32, columns)
    }

    private func sampleRow(_ index: Int) -> Int { (rows - 1) * index / (Self.sampleRows - 1) }

    private func sharesScale(_ range: Range<Int>) -> Bool {
        elements(range).withUnsafeBufferPointer { CommonScale(of: $0, Format.self) != nil }
    }

    /// Some elements as float32.
    private func elements(_ range: Range<Int>) -> [Float] {
        [Float](unsafeUninitializedCapacity: range.count) { result, initialized in
            withExtendedLifetime(tensor) {
                let source = tensor.storage.bytes.baseAddress! + range.lowerBound * tensor.dtype.bitWidth / 8
                let halves = source.assumingMemoryBound(to: UInt16.self)
                switch tensor.dtype {
                case .bfloat16: bantam_bfloat16_to_float32(halves, result.baseAddress, range.count)
                case .float16: bantam_float16_to_float32(halves, result.baseAddress, range.count)
                default:
                    UnsafeMutableRawPointer(result.baseAddress!)
                        .copyMemory(from: source, byteCount: 4 * range.count)
                }
            }
            initialized = range.count
        }
    }

    /// Whether samples allow any granularity.
    var isPlausible: Bool { Self.granularities.contains { sampledBits(by: $0) != nil } }

    private static var granularities: [Quantized.Granularity] {
        [.tensor, .channel, .group(128), .group(64), .group(32)]
    }

    /// About how many bits an element takes by samples, its share of a scale included; `nil` if they have no scales.
    ///
    /// Values of few bits and few codes may be multiples of something in longer runs too, but then of large codes.
    private func sampledBits(by granularity: Quantized.Granularity) -> Double? {
        // A part of a long row says as much.
        let length = min(columns, 4096)
        let samples = Set((0..<min(rows, Self.sampleRows)).map(sampleRow)).sorted()
            .map { $0 * columns..<$0 * columns + length }
        switch granularity {
        case .tensor:
            let groups = (0..<Self.sampleRows).map(group)
            return bits((groups + samples).flatMap(elements))
        case .channel:
            guard isMatrix, rows > 1 else { return nil }
            return mean(samples).map { $0 + 32 / Double(columns) }
        case .group(let group):
            guard isMatrix, group < columns else { return nil }
            // Where next to all elements are zero, the few others of a group are multiples of something.
            let zeros = samples.reduce(0) { $0 + elements($1).count { $0 == 0 } }
            guard 4 * zeros < 3 * length * samples.count else { return nil }
            let groups = samples.flatMap { row in
                stride(from: row.lowerBound, to: row.upperBound, by: group).map {
                    $0..<min($0 + group, row.upperBound)
                }
            }
            return mean(groups).map { $0 + 32 / Double(group) }
        }
    }

    /// The mean of ``bits(_:)`` over runs that each have a scale; `nil` if one has none.
    private func mean(_ runs: [Range<Int>]) -> Double? {
        var sum = 0.0
        for run in runs {
            guard let bits = bits(elements(run)) else { return nil }
            sum += bits * Double(run.count)
        }
        return sum / Double(max(1, runs.reduce(0) { $0 + $1.count }))
    }

    /// About how many bits the code of an element takes; `nil` if the elements share no scale.
    private func bits(_ elements: [Float]) -> Double? {
        elements.withUnsafeBufferPointer { elements in
            CommonScale(of: elements, Format.self).map { found in
                elements.reduce(0) {
                    let code = CommonScale.code($1, inverse: 1 / found.scale).integer
                    return $0 + log2(Double(2 * abs(code) + 1))
                } / Double(max(1, elements.count))
            }
        }
    }

    /// Codes and scales of the granularity that has some and takes the fewest bits, as far as samples tell.
    func recovered(_ workers: Workers) -> Quantized? {
        let plausible = Self.granularities.enumerated().compactMap { index, granularity in
            sampledBits(by: granularity).map { (bits: $0, index: index, granularity: granularity) }
        }
        var values: Tensor?
        for (_, _, granularity) in plausible.sorted(by: { ($0.bits, $0.index) < ($1.bits, $1.index) }) {
            guard let wide = try? values ?? tensor.float32() else { return nil }
            values = wide
            let found = wide.withElements(as: Float.self) { values -> Quantized? in
                // Told at once what no granularity can hold.
                guard let hasNegativeZeros = Self.hasNegativeZeros(values, workers),
                    let scales = Self.scales(of: values, tensor.shape, granularity, workers)
                else { return nil }
                return hasNegativeZeros
                    ? Self.palettized(values, tensor.shape, scales, granularity, workers)
                    : Self.quantized(values, tensor.shape, scales, granularity, workers)
            }
            if let found { return found }
        }
        return nil
    }

    /// Whether any of the values is −0; `nil` if there is an infinity or NaN.
    private static func hasNegativeZeros(
        _ values: UnsafeBufferPointer<Float>, _ workers: Workers
    ) -> Bool? {
        let pieces = Pieces(of: values.count, each: 1 << 16)
        nonisolated(unsafe) let values = values
        let found = try? workers.map(pieces.count) { piece -> (zeros: UInt32, misses: UInt32) in
            var (zeros, misses) = (0 as UInt32, 0 as UInt32)
            for index in pieces[piece] {
                let bits = values[index].bitPattern
                zeros |= bits == 0x8000_0000 ? 1 : 0
                misses |= bits & 0x7f80_0000 == 0x7f80_0000 ? 1 : 0
            }
            return (zeros, misses)
        }
        guard let found, found.allSatisfy({ $0.misses == 0 }) else { return nil }
        return found.contains { $0.zeros != 0 }
    }

    /// The scale of every run; `nil` if one has none.
    private static func scales(
        of values: UnsafeBufferPointer<Float>, _ shape: Shape, _ granularity: Quantized.Granularity,
        _ workers: Workers
    ) -> [CommonScale]? {
        let (rows, columns, length) = granularity.slicing(of: shape)
        if rows == 1 && length >= columns {
            return CommonScale(of: values, Format.self, workers: workers).map { [$0] }
        }
        let pieces = SlicePieces(rows: rows, columns: columns, length: length, limit: max(1 << 16, length))
        nonisolated(unsafe) let values = values
        let scales = try? workers.map(pieces.count) { index in
            let piece = pieces[index]
            var scales: [CommonScale] = []
            for row in 0..<piece.rows {
                let first = piece.element + row * piece.columns
                for start in stride(from: 0, to: piece.columns, by: length) {
                    let range = first + start..<first + min(start + length, piece.columns)
                    guard
                        let scale = CommonScale(of: UnsafeBufferPointer(rebasing: values[range]), Format.self)
                    else { throw NoScale() }
                    scales.append(scale)
                }
            }
            return scales
        }
        return scales.map { Array($0.joined()) }
    }

    private static func quantized(
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
    private static func palettized(
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
