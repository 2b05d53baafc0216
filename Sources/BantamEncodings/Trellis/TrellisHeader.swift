// Why: what a decoder must know before the first index.

import BantamTensors

/// What stands before the blocks of a trellis-coded tensor.
package struct TrellisHeader: Sendable {
    /// Elements of a block at most, as a power of two.
    package static let largestBlock = 19
    private static let version: UInt8 = 1

    /// The machine that the indices go through.
    package var code: TrellisCode
    /// The lanes of a block, as a power of two: 0 to 5.
    package var laneBits: Int
    /// The elements of every block but perhaps the last, as a power of two: 5 to 19.
    package var blockBits: Int
    /// The step; greater than 0.
    package var step: Float
    /// What is added to the classes of rows and columns. One for each row; one for each column.
    package var rowClasses: ClassList
    package var columnClasses: ClassList
    /// What is added to every element of a column.
    package var means: ColumnMeans?

    package init(
        code: TrellisCode, laneBits: Int, blockBits: Int, step: Float, rowClasses: ClassList,
        columnClasses: ClassList, means: ColumnMeans?
    ) {
        self.code = code
        self.laneBits = laneBits
        self.blockBits = blockBits
        self.step = step
        self.rowClasses = rowClasses
        self.columnClasses = columnClasses
        self.means = means
    }

    /// Lanes and blocks for a tensor of `count` elements. Few elements share few lanes: each takes 4 bytes and starts
    /// its trellis anew.
    package static func arrangement(of count: Int) -> (laneBits: Int, blockBits: Int) {
        let lanes = (0..<5).first { count >> (13 + $0) == 0 } ?? 5
        return (lanes, largestBlock)
    }

    /// The blocks of a tensor of `count` elements.
    static func blockCount(of count: Int, blockBits: Int) -> Int {
        count >> blockBits + (count & (1 << blockBits - 1) == 0 ? 0 : 1)
    }

    /// The bytes before the sizes of the blocks.
    package func serialized() -> [UInt8] {
        var writer = BitWriter()
        rowClasses.write(to: &writer)
        columnClasses.write(to: &writer)
        writer.write(means == nil ? 0 : 1, bits: 1)
        means?.write(to: &writer)
        let stateBits = code.stateCount.trailingZeroBitCount
        var bytes = [TrellisHeader.version, UInt8(stateBits), UInt8(laneBits), UInt8(blockBits)]
        withUnsafeBytes(of: step.bitPattern.littleEndian) { bytes += $0 }
        bytes.append(variable: writer.bytes.count)
        return bytes + writer.bytes
    }

    /// Reads a header for a matrix of `rows` × `columns`, whose product is known not to overflow, and moves `cursor`
    /// beyond it.
    package init(from cursor: inout ByteCursor, rows: Int, columns: Int) throws {
        let fixed = try cursor.take(8)
        guard fixed[0] == TrellisHeader.version else {
            throw BantamError(
                .compatibility, "expected trellis-coded indices of version 1, found \(fixed[0])")
        }
        guard fixed[1] < 16, let code = TrellisCode(rawValue: 1 << Int(fixed[1])) else {
            throw BantamError(.corruption, "expected 8, 64 or 256 states, found 2^\(fixed[1])")
        }
        (self.code, laneBits, blockBits) = (code, Int(fixed[2]), Int(fixed[3]))
        guard 0...5 ~= laneBits, max(5, laneBits)...TrellisHeader.largestBlock ~= blockBits else {
            throw BantamError(
                .corruption,
                "expected up to 2^5 lanes and blocks of 2^5 to 2^19 elements, found 2^\(laneBits), 2^\(blockBits)"
            )
        }
        step = Float(
            bitPattern: UInt32(littleEndian: fixed.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        guard step > 0, step.isFinite else {
            throw BantamError(.corruption, "expected a step above 0, found \(step)")
        }
        // A few bits may stand for the classes of any number of rows, so what bounds that number comes first: every
        // block takes a byte for its size, one for its escapes, and four for each lane.
        let count = TrellisHeader.blockCount(of: rows * columns, blockBits: blockBits)
        guard count > 0 || rows <= 1 else {
            throw BantamError(.corruption, "expected trellis-coded elements, found rows without any")
        }
        guard count <= cursor.rest.count / (2 + 4 << laneBits) else {
            throw BantamError(.corruption, "expected \(count) blocks, found \(cursor.rest.count) bytes")
        }
        var reader = BitReader(try cursor.take(cursor.takeVariable()))
        rowClasses = try ClassList(from: &reader, count: rows)
        columnClasses = try ClassList(from: &reader, count: columns)
        means = try reader.read(bits: 1) == 1 ? ColumnMeans(from: &reader, count: columns) : nil
        try reader.finish()
    }
}
