// Why: how probable each index is in one context, as a file holds it.

import BantamTensors
import CBantamKernels

/// The frequencies of the symbols of one context. A symbol stands for 2^`rawBits` neighbouring indices of one sign,
/// or for zero; both signs are equally frequent.
package struct FrequencyTable: Sendable, Hashable {
    /// The sum of all frequencies.
    package static let total = BANTAM_TRELLIS_SLOTS
    /// The largest magnitude a symbol may have.
    package static let largestSymbol = BANTAM_TRELLIS_LARGEST_SYMBOL

    /// The low bits of an index's magnitude that are stored as they are, 0 to 4.
    package var rawBits: Int
    /// The frequency of the escape, at least 1.
    package var escape: Int
    /// By magnitude from 0 on: the frequency of a symbol, which for other than zero counts twice. At least 1.
    package var frequencies: [Int]

    package init(rawBits: Int, escape: Int, frequencies: [Int]) {
        self.rawBits = rawBits
        self.escape = escape
        self.frequencies = frequencies
    }

    /// The bits a frequency is written with beyond what depends on its size: about those of the one before it.
    private static func parameter(after frequency: Int) -> Int {
        max(0, 62 - frequency.leadingZeroBitCount)
    }

    package func write(to writer: inout BitWriter) {
        writer.write(UInt32(rawBits), bits: 3)
        writer.write(UInt32(frequencies.count - 1), bits: 7)
        writer.writeGamma(UInt32(escape))
        var previous = FrequencyTable.total / 4
        for frequency in frequencies.dropFirst() {
            writer.writeExponential(
                UInt32(frequency - 1), parameter: FrequencyTable.parameter(after: previous))
            previous = frequency
        }
    }

    package init(from reader: inout BitReader) throws {
        rawBits = Int(try reader.read(bits: 3))
        let largest = Int(try reader.read(bits: 7))
        escape = Int(try reader.readGamma())
        guard rawBits <= 4, escape < FrequencyTable.total else {
            throw BantamError(.corruption, "expected at most 4 raw bits and an escape below 4096 of 4096")
        }
        frequencies = [0]
        var previous = FrequencyTable.total / 4
        var sum = escape
        for _ in 0..<largest {
            previous =
                Int(try reader.readExponential(parameter: FrequencyTable.parameter(after: previous))) + 1
            sum += 2 * previous
            guard sum < FrequencyTable.total else {
                throw BantamError(.corruption, "expected frequencies that add up to 4096, found more")
            }
            frequencies.append(previous)
        }
        frequencies[0] = FrequencyTable.total - sum
    }

    /// The table as the kernels take it.
    package var kernel: bantam_trellis_table {
        var table = bantam_trellis_table()
        table.raw_bits = UInt32(rawBits)
        table.largest = UInt32(frequencies.count - 1)
        table.escape_frequency = UInt16(escape)
        withUnsafeMutableBytes(of: &table.frequencies) { bytes in
            let target = bytes.bindMemory(to: UInt16.self)
            for (index, frequency) in frequencies.enumerated() { target[index] = UInt16(frequency) }
        }
        return table
    }
}
