// Why: classes of scale share one distribution up to its scale, so a block stores that once, in some twenty bytes,
// instead of a table for each class.

import CBantamKernels

/// The density of magnitudes relative to their scale, as logarithms at knots a quarter of an octave apart, and
/// what single symbols have beyond it.
struct DenseShape {
    /// The first knot in quarters of an octave of magnitude, as seen by class 0.
    var origin = 0
    /// log₂ of the density in 1/16, between knots a straight line; beyond them as at the last one.
    var heights: [Int] = [0]
    /// Symbols that are more frequent than the density says, such as zero or the largest of a row, with what they
    /// have in addition in every class.
    var atoms: [(symbol: Int, frequency: Int)] = []

    /// Quarters of an octave in units of ``FixedPoint``.
    static let spacing = 64
    static let mostKnots = 127
    static let mostAtoms = 7
    static let mostAtomFrequency = 511

    /// Codes the shape of an alphabet with `symbolCount` symbols.
    mutating func code<Coder: BinaryCoder>(symbolCount: Int, with coder: inout Coder) throws {
        origin = coder.plain(origin + 32768, bits: 16) - 32768
        let count = coder.plain(heights.count, bits: 7)
        heights.append(contentsOf: repeatElement(0, count: max(0, count - heights.count)))
        guard count > 0 else { throw DenseCoder.damaged("a density", "no knots") }
        // Densities fall ever faster: what is coded is how the slope changes.
        var chances = SignedChances()
        var (height, slope) = (0, 0)
        for index in heights.indices {
            let change = chances.code(heights[index] - height - slope, with: &coder)
            slope += change
            height += slope
            heights[index] = height
            if index == 0 { slope = 0 }
            guard abs(height) < 1 << 12 else { throw DenseCoder.damaged("a density", "a knot of \(height)") }
        }
        let atomCount = coder.plain(atoms.count, bits: 3)
        atoms.append(contentsOf: repeatElement((symbol: 0, frequency: 0), count: atomCount - atoms.count))
        for index in atoms.indices {
            let symbol = coder.plain(atoms[index].symbol, bits: 8)
            guard symbol < symbolCount else { throw DenseCoder.damaged("a symbol", "\(symbol)") }
            atoms[index] = (symbol, coder.plain(atoms[index].frequency, bits: 9))
        }
    }

    /// The knot below a place in quarters of an octave and how far it is to the next, in 1/64.
    @inline(__always)
    func knot(at place: Int) -> (index: Int, fraction: Int) {
        let offset = place - origin * DenseShape.spacing
        guard offset >= 0 else { return (0, 0) }
        let index = offset / DenseShape.spacing
        guard index < heights.count - 1 else { return (heights.count - 1, 0) }
        return (index, offset % DenseShape.spacing)
    }

    /// log₂ of the density in 1/256.
    @inline(__always)
    func height(at place: Int) -> Int {
        let (index, fraction) = knot(at: place)
        guard fraction > 0 else { return heights[index] * 16 }
        return (heights[index] * (64 - fraction) + heights[index + 1] * fraction) >> 2
    }

    /// The weights of the symbols in a class, the largest 2^30 to 2^31.
    func weights(_ cells: [DenseCell], ofClass number: Int, to weights: UnsafeMutableBufferPointer<UInt64>) {
        var highest = Int.min
        for index in cells.indices {
            let cell = cells[index]
            let logarithm = cell.width + height(at: cell.middle - DenseShape.spacing * number)
            weights[index] = UInt64(bitPattern: Int64(logarithm))
            highest = max(highest, logarithm)
        }
        for index in cells.indices {
            let below = highest - Int(Int64(bitPattern: weights[index]))
            // 2^(30 - below/256): the power of the fraction, halved once for each whole.
            let whole = (below + 255) >> 8
            weights[index] = whole > 40 ? 0 : FixedPoint.powers[whole << 8 - below] >> UInt64(whole)
        }
    }

    /// Frequencies of all classes, `cells.count` each.
    func frequencies(_ cells: [DenseCell], classCount: Int) -> [UInt16] {
        var frequencies = [UInt16](repeating: 0, count: cells.count * classCount)
        let total = DenseFrequencies.total - atoms.reduce(0) { $0 + $1.frequency }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: cells.count) { weights in
            weights.initialize(repeating: 0)
            frequencies.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                for number in 0..<classCount {
                    let row = start + number * cells.count
                    self.weights(cells, ofClass: number, to: weights)
                    DenseFrequencies.write(UnsafeBufferPointer(weights), total: total, isOpen: true, to: row)
                    for atom in atoms { row[atom.symbol] += UInt16(atom.frequency) }
                }
            }
        }
        return frequencies
    }
}

/// What a symbol stands for on the axis of magnitudes, as logarithms in 1/256.
struct DenseCell {
    var middle: Int
    var width: Int

    /// The cells of an alphabet, of values with `mantissaBits` or of integers.
    static func cells(of alphabet: DenseAlphabet, mantissaBits: Int?) -> [DenseCell] {
        let plain = (0..<alphabet.plain).map {
            DenseCell(from: alphabet.first + $0, count: 1, mantissaBits: mantissaBits)
        }
        let wide = zip(alphabet.bases, alphabet.extras).map { base, bits in
            DenseCell(
                from: Int(truncatingIfNeeded: base & 0xffff), count: 1 << min(bits, 16),
                mantissaBits: mantissaBits)
        }
        return plain + wide
    }

    /// The cell of `count` values from `value` on.
    init(from value: Int, count: Int, mantissaBits: Int?) {
        guard let mantissaBits else {
            middle = FixedPoint.logarithm(UInt64(2 * value + count)) - 256
            width = FixedPoint.logarithm(UInt64(count))
            return
        }
        let (low, lowExponent) = DenseCell.significand(value, mantissaBits)
        let (high, highExponent) = DenseCell.significand(value + count, mantissaBits)
        // Both in units of one exponent; what is 2^20 times smaller does not matter.
        let exponent = max(lowExponent, highExponent - 20)
        let lowEdge = exponent - lowExponent > 20 ? 0 : low >> UInt64(exponent - lowExponent)
        let highEdge = high << UInt64(highExponent - exponent)
        middle = FixedPoint.logarithm(lowEdge + highEdge) - 256 + 256 * exponent
        width = FixedPoint.logarithm(highEdge - lowEdge) + 256 * exponent
    }

    /// The magnitude of a value is this significand times two to this exponent, up to a constant factor.
    private static func significand(_ value: Int, _ mantissaBits: Int) -> (UInt64, Int) {
        let exponent = value >> mantissaBits
        let mantissa = UInt64(value & (1 << mantissaBits - 1))
        return exponent == 0 ? (mantissa, 1) : (1 << UInt64(mantissaBits) | mantissa, exponent)
    }
}
