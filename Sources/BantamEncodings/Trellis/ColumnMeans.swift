// Why: what all rows of a tall matrix have in common need not be coded in each of them.

import BantamTensors

/// What was subtracted from every element of a column, in parts or multiples of the step.
package struct ColumnMeans: Sendable, Hashable {
    /// Means are multiples of the step times two to the power of this, −64 to 63.
    package var exponent: Int
    /// One for each column, within ±2¹⁵.
    package var codes: [Int32]

    package init(exponent: Int, codes: [Int32]) {
        self.exponent = exponent
        self.codes = codes
    }

    package func write(to writer: inout BitWriter) {
        let parameters = 0..<16
        let best = parameters.min { a, b in bits(with: a) < bits(with: b) } ?? 0
        writer.write(UInt32(bitPattern: Int32(exponent)), bits: 7)
        writer.write(UInt32(best), bits: 4)
        for code in codes { writer.writeSigned(code, parameter: best) }
    }

    private func bits(with parameter: Int) -> Int {
        codes.reduce(0) { $0 + BitWriter.bits(ofSigned: $1, parameter: parameter) }
    }

    /// The bits these take in a file.
    package var bitCount: Int { 11 + ((0..<16).map { bits(with: $0) }.min() ?? 0) }

    /// Means of `count` columns from a file that may lie.
    package init(from reader: inout BitReader, count: Int) throws {
        let written = Int(try reader.read(bits: 7))
        exponent = written < 64 ? written : written - 128
        let parameter = Int(try reader.read(bits: 4))
        codes = []
        for _ in 0..<count {
            let code = try reader.readSigned(parameter: parameter)
            guard -32768...32768 ~= code else {
                throw BantamError(.corruption, "expected column means of 16 bits, found \(code)")
            }
            codes.append(code)
        }
    }

    /// The means themselves for indices that count `step`.
    package func values(step: Float) -> [Float] {
        let unit = Float(sign: .plus, exponent: exponent, significand: step)
        return codes.map { Float($0) * unit }
    }
}
