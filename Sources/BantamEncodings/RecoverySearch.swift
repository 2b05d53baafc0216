// Why: looking for codes must cost next to nothing where there are none, so samples come first, and all rows after them.

import BantamTensors
import CBantamKernels
import Glibc

/// Ends a search.
private struct NoScale: Error {}

/// A tensor whose codes and scales are looked for.
struct RecoverySearch<Format: RoundedFloat> {
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
}
