// Why: the class of every row and column is a small number near its neighbours; a few bits hold it.

import BantamTensors

/// The classes of the rows, or of the columns, of a matrix and how a file holds them.
package struct ClassList: Sendable, Hashable {
    /// The values that classes may have.
    package static let range = -64...127

    /// How classes are written.
    package enum Form: UInt32, CaseIterable, Sendable {
        /// All are the base.
        case constant = 0
        /// Each by its distance from the base.
        case absolute = 1
        /// Each by its distance from the one before, the first from the base.
        case relative = 2
    }

    /// One class for each row or column.
    package var classes: [Int8]

    package init(_ classes: [Int8]) { self.classes = classes }

    /// What the classes are all multiples of beyond their base, as a power of two 0 to 3.
    private func shift(from base: Int) -> Int {
        let differences = classes.reduce(0) { $0 | (Int($1) - base) }
        return min(3, differences == 0 ? 3 : differences.trailingZeroBitCount)
    }

    /// Writes the classes in the form that takes the fewest bits.
    package func write(to writer: inout BitWriter) {
        let base = classes.isEmpty ? 0 : Int(classes.sorted()[classes.count / 2])
        let shift = shift(from: base)
        let values = classes.map { Int32((Int($0) - base) >> shift) }
        var best = (form: Form.constant, parameter: 0, bits: values.allSatisfy { $0 == 0 } ? 0 : Int.max)
        for form in [Form.absolute, .relative] where best.bits > 0 {
            let written = ClassList.written(values, form)
            for parameter in 0..<6 {
                let bits = written.reduce(0) { $0 + BitWriter.bits(ofSigned: $1, parameter: parameter) }
                if bits < best.bits { best = (form, parameter, bits) }
            }
        }
        writer.write(best.form.rawValue, bits: 2)
        writer.write(UInt32(bitPattern: Int32(base)), bits: 8)
        guard best.form != .constant else { return }
        writer.write(UInt32(shift), bits: 2)
        writer.write(UInt32(best.parameter), bits: 3)
        for value in ClassList.written(values, best.form) {
            writer.writeSigned(value, parameter: best.parameter)
        }
    }

    private static func written(_ values: [Int32], _ form: Form) -> [Int32] {
        guard form == .relative else { return values }
        return zip(values, [0] + values).map { $0 - $1 }
    }

    /// `count` classes from a file that may lie.
    package init(from reader: inout BitReader, count: Int) throws {
        guard let form = Form(rawValue: try reader.read(bits: 2)) else {
            throw BantamError(.corruption, "expected classes in a form from 0 to 2, found 3")
        }
        let base = Int(Int8(truncatingIfNeeded: try reader.read(bits: 8)))
        guard ClassList.range ~= base else {
            throw BantamError(.corruption, "expected classes within \(ClassList.range), found \(base)")
        }
        guard form != .constant else {
            classes = [Int8](repeating: Int8(base), count: count)
            return
        }
        let shift = Int(try reader.read(bits: 2))
        let parameter = Int(try reader.read(bits: 3))
        classes = []
        var value = 0
        for _ in 0..<count {
            let written = Int(try reader.readSigned(parameter: parameter))
            value = form == .relative ? value + written : written
            let found = base + value << shift
            guard -256...256 ~= value, ClassList.range ~= found else {
                throw BantamError(.corruption, "expected classes within \(ClassList.range), found \(found)")
            }
            classes.append(Int8(found))
        }
    }
}
