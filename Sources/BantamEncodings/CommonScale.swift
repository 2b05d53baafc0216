// Why: weights that were quantized once and written out as floats again hold no more than their codes and a scale,
// which no coder of floats sees.

import BantamTensors

/// A scale of which every one of some values is a whole multiple, rounded to their dtype.
///
/// The largest magnitude m is some code k times the scale, so all k are tried: the first one for which x·k/m is close to
/// an integer c for every x tells all codes. What is rounded to x lies between two numbers; both divided by c bound the
/// scale, and in what is left of all bounds there are a few numbers of float32, which are tried with the arithmetic of
/// decoding.
struct CommonScale: Sendable {
    let scale: Float
    /// From the least code to the greatest.
    let codes: ClosedRange<Int>

    /// Codes beyond this magnitude are not looked for; those of 8 bits with a zero point reach it.
    static let largestCode = 255

    /// `nil` if values are no multiples of one scale, or such of too small or large ones, or one of them is infinite or
    /// not a number. −0 counts as 0.
    ///
    /// - Parameters:
    ///   - values: as many as share a scale, of the dtype that `format` is.
    ///   - workers: threads for many values; the result does not depend on them.
    /// - Complexity: O(values) if there is a scale, hardly more than O(``largestCode``) if there is none.
    init?<Format: RoundedFloat>(
        of values: UnsafeBufferPointer<Float>, _ format: Format.Type, workers: Workers = .one
    ) {
        let run = Run<Format>(values: values, workers: workers)
        let (smallest, largest) = run.magnitudes
        if largest == 0 {
            (scale, codes) = (1, 0...0)
            return
        }
        // Where products and quotients have all bits.
        guard 0x1p-100...0x1p100 ~= largest else { return nil }
        // The smallest magnitude is the scale at least. Products are rounded to float32 first.
        let ratio =
            Format.boundaries(of: largest).below / Format.boundaries(of: smallest).above * (1 - 0x1p-20)
        // Small codes first: where values have few bits, several may do.
        let least = max(1, ratio.rounded(.up))
        guard least <= Double(CommonScale.largestCode) else { return nil }
        for code in Int(least)...CommonScale.largestCode {
            guard let found = run.scale(ofLargest: largest, code: code) else { continue }
            (scale, codes) = found
            return
        }
        return nil
    }

    /// The integer next to `value` / scale.
    @inline(__always)
    static func code(_ value: Float, inverse: Float) -> (integer: Int32, value: Float) {
        // Added to this an integer stands in the last bits of the sum.
        let magic: Float = 0x1.8p23
        let sum = value * inverse + magic
        return (Int32(bitPattern: sum.bitPattern &- magic.bitPattern), sum - magic)
    }

    /// The code that decodes to `value`, if any does, else the nearest integer.
    ///
    /// Of few bits a product of a large code may be rounded by more than half of the scale, and two codes may decode to
    /// the same number: the lesser one is taken.
    @inline(__always)
    static func code<Format: RoundedFloat>(
        _ value: Float, scale: Float, inverse: Float, _ format: Format.Type
    ) -> (integer: Int32, value: Float) {
        let nearest = code(value, inverse: inverse)
        guard Format.precision < 10, abs(nearest.value) >= 127 else { return nearest }
        let away: Int32 = nearest.integer < 0 ? -1 : 1
        for integer in [nearest.integer - away, nearest.integer, nearest.integer + away]
        where Format.rounded(Float(integer) * scale) == value {
            return (integer, Float(integer))
        }
        return nearest
    }
}

/// Values that may share a scale, in pieces.
private struct Run<Format: RoundedFloat> {
    let values: UnsafeBufferPointer<Float>
    let workers: Workers
    private let pieces: Pieces

    init(values: UnsafeBufferPointer<Float>, workers: Workers) {
        self.values = values
        self.workers = workers
        pieces = Pieces(of: values.count, each: 1 << 16)
    }

    private func piece(_ index: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(rebasing: values[pieces[index]])
    }

    private func map<Result: Sendable>(_ body: @Sendable (UnsafeBufferPointer<Float>) -> Result) -> [Result] {
        if pieces.count == 1 { return [body(values)] }
        nonisolated(unsafe) let run = self
        // Nothing is thrown.
        return (try? workers.map(pieces.count) { body(run.piece($0)) }) ?? []
    }

    /// The smallest magnitude but zero and the largest, which is no number or infinite if there is any such value; zeros
    /// if all are.
    var magnitudes: (smallest: Float, largest: Float) {
        let ranges = map { values in
            // Zero less one is the greatest pattern.
            var (smallest, largest) = (UInt32.max, 0 as Int32)
            for value in values {
                let magnitude = value.bitPattern & 0x7fff_ffff
                smallest = min(smallest, magnitude &- 1)
                largest = max(largest, Int32(bitPattern: magnitude))
            }
            return (smallest, UInt32(bitPattern: largest))
        }
        let smallest = ranges.reduce(.max) { min($0, $1.0) } &+ 1
        let largest = ranges.reduce(0) { max($0, $1.1) }
        return (Float(bitPattern: smallest), Float(bitPattern: largest))
    }

    /// The scale and the codes if the largest magnitude has that code; `nil` if that cannot be.
    func scale(ofLargest largest: Float, code: Int) -> (scale: Float, codes: ClosedRange<Int>)? {
        let inverse = Float(code) / largest
        guard Self.areNearMultiples(piece(0), inverse) else { return nil }
        guard pieces.count == 1 || map({ Self.areNearMultiples($0, inverse) }).allSatisfy({ $0 }) else {
            return nil
        }
        let bounds = Format.boundaries(of: largest)
        var intervals = [Interval(lower: bounds.below / Double(code), upper: bounds.above / Double(code))]
        // With few bits the quotients of large codes are told apart only when the scale is known better, and those of the
        // largest ones not even then.
        let limits = Format.precision < 10 ? [32, 64, 96, 112, 128, 160, 192] : []
        for limit in limits + [CommonScale.largestCode] {
            let interval = narrowed(intervals[intervals.count - 1], codes: limit)
            if interval.isEmpty { break }
            intervals.append(interval)
            if code <= limit { break }
        }
        for interval in intervals.dropFirst().reversed().prefix(5) {
            if let found = checked(interval) { return found }
        }
        return nil
    }

    /// A scale of the interval that gives all values back, with their codes.
    private func checked(_ interval: Interval) -> (scale: Float, codes: ClosedRange<Int>)? {
        for scale in interval.candidates {
            if let codes = codes(of: scale) { return (scale, codes) }
        }
        return nil
    }

    /// Whether all quotients are as close to integers as rounded products are.
    private static func areNearMultiples(_ values: UnsafeBufferPointer<Float>, _ inverse: Float) -> Bool {
        // Both the value and the largest one are rounded, and so are the quotient and the inverse.
        let relative = Float(sign: .plus, exponent: 1 - Format.precision, significand: 1.01) + 0x1p-22
        let absolute = 2 * Format.leastHalfStep * inverse
        var start = 0
        while start < values.count {
            let end = min(start + 16, values.count)
            var misses: UInt32 = 0
            for index in start..<end {
                let quotient = values[index] * inverse
                let distance = abs(quotient - CommonScale.code(values[index], inverse: inverse).value)
                misses |= distance <= abs(quotient) * relative + absolute ? 0 : 1
            }
            if misses != 0 { return false }
            start = end
        }
        return true
    }

    /// What is left of an interval of scales by the values of codes up to `largest`.
    private func narrowed(_ interval: Interval, codes largest: Int) -> Interval {
        let inverse = Float(2 / (interval.lower + interval.upper))
        return map { values in
            var interval = interval
            for value in values {
                let code = CommonScale.code(abs(value), inverse: inverse).value
                let (below, above) = Format.boundaries(of: abs(value))
                // Chosen, not jumped over: which values have such codes cannot be foretold.
                let isKnown = code >= 1 && code <= Float(largest)
                let (lower, upper) = (below / Double(code), above / Double(code))
                interval.lower = isKnown && lower > interval.lower ? lower : interval.lower
                interval.upper = isKnown && upper < interval.upper ? upper : interval.upper
            }
            return interval
        }.reduce(interval) { Interval(lower: max($0.lower, $1.lower), upper: min($0.upper, $1.upper)) }
    }

    /// From the least code to the greatest if decoding with `scale` gives every value bit for bit, but for signs of zeros.
    private func codes(of scale: Float) -> ClosedRange<Int>? {
        let inverse = 1 / scale
        let ranges = map { values -> ClosedRange<Int>? in
            var (least, greatest) = (Int32.max, Int32.min)
            var differences: UInt32 = 0
            for value in values {
                let code = CommonScale.code(value, scale: scale, inverse: inverse, Format.self)
                let compared: UInt32 = value == 0 ? 0x7fff_ffff : .max
                differences |= (Format.rounded(code.value * scale).bitPattern ^ value.bitPattern) & compared
                least = min(least, code.integer)
                greatest = max(greatest, code.integer)
            }
            let isWithin =
                min(least, greatest) >= -CommonScale.largestCode && greatest <= CommonScale.largestCode
            return differences == 0 && isWithin ? Int(least)...Int(greatest) : nil
        }
        var codes: ClosedRange<Int>?
        for range in ranges {
            guard let range else { return nil }
            codes =
                min(
                    codes?.lowerBound ?? .max, range.lowerBound)...max(
                    codes?.upperBound ?? .min, range.upperBound)
        }
        return codes
    }
}

/// Numbers that a scale may be.
private struct Interval: Sendable {
    var lower: Double
    var upper: Double

    /// Whether not even numbers beside it may do.
    var isEmpty: Bool { lower > upper * (1 + 0x1p-22) }

    /// The numbers of float32 to be tried: those in it, of few bits first, for scales of narrow types are of such, and
    /// where there is a choice they take less; and those right beside it, for a product is rounded to float32 first.
    var candidates: [Float] {
        let middle = Float((lower + upper) / 2)
        let short = [BrainFloat.rounded(middle), HalfFloat.rounded(middle, dropping: 13)]
        return short.filter { lower...max(lower, upper) ~= Double($0) }
            + [middle, middle.nextDown, middle.nextUp]
    }
}
