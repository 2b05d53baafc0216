// Why: what many tensors of a model share: how probable indices are, and where they are reconstructed.

import BantamTensors
import CBantamKernels

/// The tables that indices are coded with, by class of element and quantizer, and centroids.
///
/// A class is a quarter of an octave of the standard deviation in steps, so tensors of any scale and step can share
/// the tables. Neighbouring classes that differ little are one group with one pair of tables.
package struct TrellisTables: Sendable, Hashable {
    /// The number of classes.
    package static let classCount = BANTAM_TRELLIS_CLASSES
    /// The class of elements whose standard deviation is one step.
    package static let unitClass = 16
    /// Centroids are held in parts of a step.
    package static let offsetUnit: Float = 1 / 128
    private static let version: UInt32 = 1
    private static let offsetCount = BANTAM_TRELLIS_OFFSETS

    /// One pair of tables.
    package struct Group: Sendable, Hashable {
        /// How many neighbouring classes it is for.
        package var classCount: Int
        /// By quantizer.
        package var tables: [FrequencyTable]

        package init(classCount: Int, tables: [FrequencyTable]) {
            self.classCount = classCount
            self.tables = tables
        }
    }

    /// The groups, classes from 0 on.
    package var groups: [Group]
    /// By quantizer and magnitude of an index up to 7, which stands for all beyond: what is added to the magnitude
    /// of a level, in units of ``offsetUnit``. 0 for index 0.
    package var offsets: [[Int8]]

    package init(groups: [Group], offsets: [[Int8]]) {
        self.groups = groups
        self.offsets = offsets
    }

    /// The bytes a file holds; docs/rate-distortion.md specifies them.
    package func serialized() -> [UInt8] {
        var writer = BitWriter()
        writer.write(TrellisTables.version, bits: 8)
        let magnitudes = offsets.flatMap { $0.dropFirst() }
        let parameter = (0..<8).min { a, b in
            func cost(_ parameter: Int) -> Int {
                magnitudes.reduce(0) { $0 + BitWriter.bits(ofSigned: Int32($1), parameter: parameter) }
            }
            return cost(a) < cost(b)
        }
        writer.write(UInt32(parameter ?? 0), bits: 3)
        for offset in magnitudes { writer.writeSigned(Int32(offset), parameter: parameter ?? 0) }
        writer.write(UInt32(groups.count - 1), bits: 6)
        for (index, group) in groups.enumerated() {
            if index < groups.count - 1 { writer.writeGamma(UInt32(group.classCount)) }
            let isShared = group.tables[0] == group.tables[1]
            writer.write(isShared ? 1 : 0, bits: 1)
            for table in group.tables.prefix(isShared ? 1 : 2) { table.write(to: &writer) }
        }
        return writer.bytes
    }

    /// Tables from a file that may lie.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, or `compatibility` for a newer version.
    package init(parsing bytes: UnsafeRawBufferPointer) throws {
        var reader = BitReader(bytes)
        let version = try reader.read(bits: 8)
        guard version == TrellisTables.version else {
            throw BantamError(.compatibility, "expected trellis tables of version 1, found \(version)")
        }
        let parameter = Int(try reader.read(bits: 3))
        offsets = []
        for _ in 0..<2 {
            var row: [Int8] = [0]
            for _ in 1..<TrellisTables.offsetCount {
                guard let offset = Int8(exactly: try reader.readSigned(parameter: parameter)) else {
                    throw BantamError(.corruption, "expected centroids within a step, found one beyond")
                }
                row.append(offset)
            }
            offsets.append(row)
        }
        let count = Int(try reader.read(bits: 6)) + 1
        groups = []
        var left = TrellisTables.classCount
        for index in 0..<count {
            let classCount = index < count - 1 ? Int(try reader.readGamma()) : left
            guard 1...left ~= classCount, classCount < left || index == count - 1 else {
                throw BantamError(.corruption, "expected groups of 64 classes together, found others")
            }
            left -= classCount
            let isShared = try reader.read(bits: 1) == 1
            let first = try FrequencyTable(from: &reader)
            let second = isShared ? first : try FrequencyTable(from: &reader)
            groups.append(Group(classCount: classCount, tables: [first, second]))
        }
        try reader.finish()
    }

    /// The group of every class.
    package var groupOfClass: [Int] {
        groups.enumerated().flatMap { index, group in [Int](repeating: index, count: group.classCount) }
    }

    /// The centroids in steps as the kernels take them, quantizer after quantizer.
    package var kernelOffsets: [Float] { offsets.flatMap { $0.map { Float($0) * TrellisTables.offsetUnit } } }
}
