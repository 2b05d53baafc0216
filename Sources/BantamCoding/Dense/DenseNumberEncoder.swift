// Why: everything that is chosen for a block of numbers is chosen from counts of its values, in a few passes.

import BantamTensors
import CBantamKernels

/// A block of numbers on its way to its coded form.
struct DenseNumberEncoder {
    private let block: UnsafeRawBufferPointer
    private let count: Int
    private var model: DenseNumberModel
    private let values: [UInt16]
    private let symbolOfValue: [UInt8]
    /// The bits beside all symbols.
    private let extraBitCount: Int
    /// About the bytes of the coded block.
    let byteCount: Int

    /// `nil` if there is nothing to gain.
    init?(_ block: UnsafeRawBufferPointer, _ format: DenseFormat, _ context: BlockContext) {
        self.block = block
        count = block.count / format.width
        let grid = DenseGrid(count: count, context)
        var lowBits = format.mantissa == nil ? format.fewestLowBits : format.floatLowBits
        var split = DenseNumberEncoder.split(block, format, lowBits: lowBits, count: count)
        if format.mantissa == nil, format.width > 1 {
            // As many low bits as leave values of some thirty to the mean magnitude.
            let sum = split.values.reduce(UInt64(0)) { $0 + UInt64($1) }
            lowBits += max(0, FixedPoint.logarithm(sum / UInt64(count)) / 256 - 5)
            if lowBits > 0 { split = DenseNumberEncoder.split(block, format, lowBits: lowBits, count: count) }
        }
        values = split.values
        model = DenseNumberModel(format: format, lowBits: lowBits, grid: grid, table: .shape(DenseShape()))
        // A stretch of zeros gains a bit for each number, and telling of it costs few for each unit.
        let dropped = split.drops.reduce(0) { $0 + Int($1) }
        if dropped * DenseNumberModel.unit > 64 + split.drops.count { model.drops = split.drops }

        let counts = DenseNumberEncoder.histogram(of: values, below: 1 << (format.magnitudeBits - lowBits))
        let mantissaBits = format.mantissaBits(lowBits: lowBits)
        let alphabet = DenseAlphabet(values: counts, count: count, mantissaBits: mantissaBits)
        model.alphabet = alphabet
        symbolOfValue = alphabet.symbols(ofValuesBelow: counts.count)
        var symbolCounts = [UInt32](repeating: 0, count: alphabet.count)
        for (value, number) in counts.enumerated() where number > 0 {
            symbolCounts[Int(symbolOfValue[value])] += number
        }

        extraBitCount = zip(symbolCounts.dropFirst(alphabet.plain), alphabet.extras).reduce(0) {
            $0 + Int($1.0) * $1.1
        }

        let histogram = DenseHistogram(counts: symbolCounts, precision: DenseHistogram.precision(for: count))
        let histogramCost = DenseNumberEncoder.cost(symbolCounts, histogram.frequencies)
        let histogramSide = UInt64(symbolCounts.count { $0 > 0 } * (4 + histogram.precision))

        let scale = bantam_magnitude_scale(
            mantissa_bits: mantissaBits.map { UInt8($0) } ?? 0xff,
            lowest_exponent: mantissaBits.map {
                Int32(max(1, (alphabet.first + alphabet.plain) >> $0 + 2 - 20))
            } ?? 0)
        model.grid.classify(values, scale)
        let classCounts = DenseNumberEncoder.classCounts(values, symbolOfValue, model.grid)
        let cells = DenseCell.cells(of: alphabet, mantissaBits: mantissaBits)
        let fit = ShapeFit(classCounts, cells: cells, classCount: model.grid.classCount)
        let shape = fit.shape()
        let frequencies = shape.frequencies(cells, classCount: model.grid.classCount)
        let shapeCost = DenseNumberEncoder.cost(fit.counts, frequencies)
        let shapeSide = UInt64(
            4 * shape.heights.count + 3 * model.grid.rowClasses.count + 3 * model.grid.columnClasses.count)

        if histogramCost / 256 + histogramSide < shapeCost / 256 + shapeSide {
            model.grid = grid
            model.table = .histogram(histogram)
        } else {
            model.table = .shape(shape)
        }
        let coded =
            min(histogramCost / 256 + histogramSide, shapeCost / 256 + shapeSide) / 8
            + UInt64(extraBitCount / 8)
        byteCount = Int(coded) + model.restByteCount
        guard byteCount < block.count else { return nil }
    }

    private static func split(
        _ block: UnsafeRawBufferPointer, _ format: DenseFormat, lowBits: Int, count: Int
    ) -> (values: [UInt16], drops: [UInt8]) {
        let layout = bantam_number_layout(
            element_bytes: UInt8(format.width), low_bits: UInt8(lowBits),
            is_folded: format.mantissa == nil ? 1 : 0)
        var drops = [UInt8](repeating: 0, count: (count - 1) / DenseNumberModel.unit + 1)
        let values = [UInt16](unsafeUninitializedCapacity: count) { values, initialized in
            bantam_number_values(layout, block.baseAddress, count, values.baseAddress, &drops)
            initialized = count
        }
        return (values, drops)
    }

    /// How often each value below `limit` occurs, up to the largest that does.
    private static func histogram(of values: [UInt16], below limit: Int) -> [UInt32] {
        // Four tables side by side, because runs of one value would wait for each other.
        var parts = [UInt32](repeating: 0, count: 4 * limit)
        values.withUnsafeBufferPointer { values in
            parts.withUnsafeMutableBufferPointer { parts in
                for (index, value) in values.enumerated() { parts[Int(value) &* 4 | index & 3] &+= 1 }
            }
        }
        var counts = (0..<limit).map { parts[4 * $0..<4 * $0 + 4].reduce(0, +) }
        while counts.count > 1, counts[counts.count - 1] == 0 { counts.removeLast() }
        return counts
    }

    /// How often each symbol occurs in each class, 256 to a class.
    private static func classCounts(
        _ values: [UInt16], _ symbols: [UInt8], _ grid: DenseGrid
    ) -> [UInt32] {
        var counts = [UInt32](repeating: 0, count: grid.classCount << 8)
        let piece = DenseNumberDecoder.pieceCount
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: piece) { classes in
            grid.withKernel { kernel in
                values.withUnsafeBufferPointer { values in
                    symbols.withUnsafeBufferPointer { symbols in
                        counts.withUnsafeMutableBufferPointer { counts in
                            for first in stride(from: 0, to: values.count, by: piece) {
                                let count = min(piece, values.count - first)
                                bantam_class_fill(&kernel, grid.start + first, count, classes.baseAddress)
                                for index in 0..<count {
                                    let symbol = symbols[Int(values[first + index])]
                                    counts[Int(classes[index]) << 8 | Int(symbol)] &+= 1
                                }
                            }
                        }
                    }
                }
            }
        }
        return counts
    }

    private static func cost(_ counts: [UInt32], _ frequencies: [UInt16]) -> UInt64 {
        counts.withUnsafeBufferPointer { counts in
            frequencies.withUnsafeBufferPointer { DenseCost.of(counts, $0) }
        }
    }

    /// The coded block.
    func encode() -> [UInt8] {
        var model = self.model
        var coder = RangeEncoder(expecting: 256)
        // What an encoder codes is what it was given: nothing to be thrown.
        try? model.code(with: &coder)
        let side = coder.finish()
        let frequencies = model.frequencies
        let tableCount = model.tableCount
        let laneCount = DenseFrame.laneCount(of: count, codedByteCount: byteCount)
        var states = [UInt32](repeating: 0, count: laneCount)
        let extraCapacity = extraBitCount / 8 + 16
        let rests = [UInt8](unsafeUninitializedCapacity: model.restByteCount) { buffer, size in
            size = model.drops.withUnsafeBufferPointer {
                bantam_number_put_rests(
                    model.layout, block.baseAddress, count, $0.isEmpty ? nil : $0.baseAddress,
                    buffer.baseAddress)
            }
        }
        var tables = [bantam_class_rans_entry](
            repeating: bantam_class_rans_entry(), count: tableCount << 8)
        bantam_class_rans_encoding_tables(
            frequencies, tableCount, frequencies.count / tableCount, &tables)
        var alphabet = model.alphabet.kernel
        var bit: UInt64 = 0
        return withUnsafeTemporaryAllocation(byteCount: 4 * count + extraCapacity, alignment: 64) { scratch in
            let start = scratch.baseAddress!.assumingMemoryBound(to: UInt8.self)
            let (classes, symbols, words, extras) = (
                start, start + count, start + 2 * count, start + 4 * count
            )
            extras.update(repeating: 0, count: extraCapacity)
            if tableCount == 1 {
                classes.update(repeating: 0, count: count)
            } else {
                model.grid.withKernel { bantam_class_fill(&$0, model.grid.start, count, classes) }
            }
            bantam_symbols_16(&alphabet, symbolOfValue, values, count, symbols, extras, &bit)
            let end = bantam_class_rans_encode(
                tables, classes, symbols, count, laneCount, &states, words + 2 * count)!
            return rests.withUnsafeBytes {
                DenseFrame.assemble(
                    DenseFrame.numbersMark, side: side, states: states, rests: $0,
                    extras: UnsafeRawBufferPointer(start: extras, count: Int(bit + 7) / 8),
                    words: UnsafeRawBufferPointer(start: end, count: words + 2 * count - end))
            }
        }
    }
}

extension DenseHistogram {
    /// The bits below the top one that pay for a block of `count` elements.
    static func precision(for count: Int) -> Int {
        max(1, min(8, (FixedPoint.logarithm(UInt64(count)) / 256 - 6) / 2))
    }
}
