// Why: the scale of a row is its mean magnitude, that of a column its mean magnitude once rows are made alike; both
// in integers, so that every machine finds the same.

import CBantamKernels

extension DenseGrid {
    /// Finds the classes of rows and columns, where they are worth what telling them costs.
    mutating func classify(_ values: [UInt16], _ scale: bantam_magnitude_scale) {
        values.withUnsafeBufferPointer { values in
            guard let start = values.baseAddress else { return }
            let rowSums = self.rowSums(start, scale)
            classifyRows(rowSums)
            if isMatrix { classifyColumns(start, scale, rowSums) }
        }
        let rows = (rowClasses.min() ?? 0, rowClasses.max() ?? 0)
        let columns = (columnClasses.min() ?? 0, columnClasses.max() ?? 0)
        (lowest, highest) = (Int(rows.0 + columns.0), Int(rows.1 + columns.1))
        // Large magnitudes are where the bits are.
        lowest = max(lowest, highest - DenseGrid.mostClasses + 1)
    }

    /// The elements of a row that are in the block.
    private func range(ofRow row: Int) -> Range<Int> {
        max(0, row * columns - start)..<min(count, (row + 1) * columns - start)
    }

    private func rowSums(_ values: UnsafePointer<UInt16>, _ scale: bantam_magnitude_scale) -> [UInt64] {
        (0..<rowCount).map { row in
            let range = range(ofRow: row)
            return bantam_sum_magnitudes(scale, values + range.lowerBound, range.count)
        }
    }

    /// log₂ of a mean in 1/256, 8 whole bits up; `nil` of zero.
    private static func logarithm(ofMean sum: UInt64, _ count: Int) -> Int? {
        let mean = (sum << 8) / UInt64(max(1, count))
        return mean == 0 ? nil : FixedPoint.logarithm(mean)
    }

    /// The nearest quarters of an octave, the least of which is 0.
    private static func classes(_ logarithms: [Int?]) -> [UInt8] {
        let rounded = logarithms.map { $0.map { ($0 + 32) >> 6 } }
        let highest = rounded.compactMap(\.self).max() ?? 0
        let lowest = max(highest - mostClasses / 2 - 7, rounded.compactMap(\.self).min() ?? 0)
        return rounded.map { UInt8(max(0, ($0 ?? lowest) - lowest)) }
    }

    /// What knowing a class gains an element is half its variance: a scale that is off by δ costs about δ² / 2
    /// each of too wide and of too narrow. In 1/256 bit; `noise` is what the variance would be of one scale.
    private static func gain(_ classes: [UInt8], noise: Double) -> Double {
        let count = Double(classes.count)
        let mean = classes.reduce(0.0) { $0 + Double($1) } / count
        let variance = classes.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        return max(0, variance - noise) * 0.043
    }

    private mutating func classifyRows(_ sums: [UInt64]) {
        // Groups of rows that a class of some three bits is worth it for.
        var best: (gain: Double, group: Int, classes: [UInt8])?
        for group in Set([1, (31 + columns) / columns, (127 + columns) / columns, (511 + columns) / columns])
            .sorted() where group < 256
        {
            let logarithms = stride(from: 0, to: rowCount, by: group).map { first -> Int? in
                let rows = first..<min(first + group, rowCount)
                let length = range(ofRow: rows.upperBound - 1).upperBound - range(ofRow: first).lowerBound
                return DenseGrid.logarithm(ofMean: sums[rows].reduce(0, +), length)
            }
            let classes = DenseGrid.classes(logarithms)
            let noise = 19 / Double(columns * group) + 1.0 / 12
            let gain =
                DenseGrid.gain(classes, noise: noise) * Double(count)
                - DenseGrid.cost(of: classes)
            if gain > best?.gain ?? 0 { best = (gain, group, classes) }
        }
        guard let best else { return }
        (rowsOfGroup, rowClasses) = (best.group, best.classes)
    }

    private mutating func classifyColumns(
        _ values: UnsafePointer<UInt16>, _ scale: bantam_magnitude_scale, _ rowSums: [UInt64]
    ) {
        guard rowCount >= 4 else { return }
        var sums = [UInt64](repeating: 0, count: columns)
        var counts = [Int](repeating: 0, count: columns)
        sums.withUnsafeMutableBufferPointer { sums in
            for row in 0..<rowCount where rowSums[row] > 0 {
                let range = range(ofRow: row)
                let mean = rowSums[row] / UInt64(range.count)
                // So that every row has a mean of about 2^12.
                let shift = max(0, 67 - mean.leadingZeroBitCount)
                let column = range.lowerBound + start - row * columns
                bantam_add_magnitudes(
                    scale, values + range.lowerBound, range.count, UInt32(shift), sums.baseAddress! + column)
            }
        }
        for index in counts.indices {
            counts[index] =
                rowCount - (index < start ? 1 : 0)
                - (index >= (start + count - 1) % columns + 1 ? 1 : 0)
        }
        let classes = DenseGrid.classes(
            zip(sums, counts).map { DenseGrid.logarithm(ofMean: $0, $1) })
        let noise = 19 / Double(rowCount) + 1.0 / 12
        let gain = DenseGrid.gain(classes, noise: noise) * Double(count)
        guard gain > DenseGrid.cost(of: classes) else { return }
        hasColumnClasses = true
        columnClasses = classes
    }

    /// About how many bits classes take.
    private static func cost(of classes: [UInt8]) -> Double {
        var counts = [UInt64](repeating: 0, count: mostClasses)
        for number in classes { counts[Int(number)] += 1 }
        var cost = 16.0
        for count in counts where count > 0 {
            let bits = FixedPoint.logarithm(UInt64(classes.count)) - FixedPoint.logarithm(count)
            cost += Double(count) * Double(bits) / 256 + 6
        }
        return cost
    }
}
