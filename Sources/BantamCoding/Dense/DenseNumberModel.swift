// Why: what the decoder of a block of numbers must know before the first of them.

import CBantamKernels

/// How the numbers of a block are split and coded.
struct DenseNumberModel {
    let format: DenseFormat
    /// The bits of a magnitude that are not part of its value.
    var lowBits: Int
    var grid: DenseGrid
    /// The trailing zeros that the low bits of each unit of 128 leave out; empty if none does.
    var drops: [UInt8] = []
    var alphabet = DenseAlphabet()
    var table: Table

    enum Table {
        /// One for each class of the grid.
        case shape(DenseShape)
        /// One for all.
        case histogram(DenseHistogram)
    }

    static let unit = Int(BANTAM_NUMBER_UNIT)
    var unitCount: Int { (grid.count - 1) / DenseNumberModel.unit + 1 }

    mutating func code<Coder: BinaryCoder>(with coder: inout Coder) throws {
        lowBits = coder.plain(lowBits, bits: 6)
        guard format.fewestLowBits..<format.magnitudeBits ~= lowBits, lowBits <= format.mantissa ?? 63 else {
            throw DenseCoder.damaged("low bits of \(format.magnitudeBits)", "\(lowBits)")
        }
        try alphabet.code(with: &coder)
        if coder.plain(drops.isEmpty ? 0 : 1, bits: 1) == 1 {
            drops.append(contentsOf: repeatElement(0, count: unitCount - drops.count))
            var chances = NumberChances(bits: 6)
            for index in drops.indices {
                let drop = chances.code(Int(drops[index]), with: &coder)
                guard drop <= lowBits else {
                    throw DenseCoder.damaged("up to \(lowBits) bits left out", "\(drop)")
                }
                drops[index] = UInt8(drop)
            }
        }
        switch table {
        case .shape(var shape):
            guard coder.plain(1, bits: 1) == 1 else {
                // Only a decoder can be told otherwise than it began with.
                var histogram = DenseHistogram(symbolCount: alphabet.count)
                try histogram.code(with: &coder)
                table = .histogram(histogram)
                return
            }
            try grid.code(with: &coder)
            try shape.code(symbolCount: alphabet.count, with: &coder)
            table = .shape(shape)
        case .histogram(var histogram):
            _ = coder.plain(0, bits: 1)
            try histogram.code(with: &coder)
            table = .histogram(histogram)
        }
    }

    var layout: bantam_number_layout {
        bantam_number_layout(
            element_bytes: UInt8(format.width), low_bits: UInt8(lowBits),
            is_folded: format.mantissa == nil ? 1 : 0)
    }

    var tableCount: Int {
        switch table {
        case .shape: grid.classCount
        case .histogram: 1
        }
    }

    /// Of all tables, one after the other.
    var frequencies: [UInt16] {
        switch table {
        case .shape(let shape):
            shape.frequencies(
                DenseCell.cells(of: alphabet, mantissaBits: format.mantissaBits(lowBits: lowBits)),
                classCount: grid.classCount)
        case .histogram(let histogram): histogram.frequencies
        }
    }

    /// The bytes that all rests take.
    var restByteCount: Int {
        let bits = lowBits + 1
        let tail = grid.count % DenseNumberModel.unit
        guard !drops.isEmpty else {
            return (grid.count - tail) / 8 * bits + (tail * bits + 7) / 8
        }
        let whole = drops.prefix(grid.count / DenseNumberModel.unit).reduce(0) {
            $0 + DenseNumberModel.unit / 8 * (bits - Int($1))
        }
        return whole + (tail > 0 ? (tail * (bits - Int(drops[drops.count - 1])) + 7) / 8 : 0)
    }
}
