// Why: everything a decoder looks up, checked once, before any index is read.

import BantamTensors
import CBantamKernels

/// A trellis-coded tensor taken apart.
package struct TrellisLayout {
    package var header: TrellisHeader
    package var tables: TrellisTables
    /// Where the bytes of each block stand in ``TrellisCoded/indices``.
    package var blocks: [Range<Int>]
    package var columns: Int

    /// The groups that elements of this tensor may be of; perhaps more.
    var usedGroups: Range<Int> {
        let rows = header.rowClasses.classes.lazy.map { Int($0) }
        let columns = header.columnClasses.classes.lazy.map { Int($0) }
        let groups = tables.groupOfClass
        func group(_ row: Int?, _ column: Int?) -> Int {
            groups[min(max((row ?? 0) + (column ?? 0), 0), groups.count - 1)]
        }
        return group(rows.min(), columns.min())..<group(rows.max(), columns.max()) + 1
    }

    /// What the kernels call contexts: by class the group, counted from the first of `used`, and 256 times the raw bits
    /// of its tables; 0 for classes of other groups.
    ///
    /// Both tables of a group have the same raw bits; see ``TrellisCoded/layout()``.
    func contexts(numberedFrom used: Range<Int>) -> [UInt16] {
        tables.groups.enumerated().flatMap { index, group in
            let context = UInt16(max(index - used.lowerBound, 0)) | UInt16(group.tables[0].rawBits) << 8
            return [UInt16](repeating: used.contains(index) ? context : 0, count: group.classCount)
        }
    }
}

extension TrellisCoded {
    /// Takes the parts apart and checks all but the indices.
    package func layout() throws -> TrellisLayout {
        for (name, part) in [("indices", indices), ("tables", tables)] {
            guard part.dtype == .uint8, part.shape.rank == 1 else {
                throw BantamError(
                    .corruption,
                    "expected trellis-coded \(name) as uint8 along one axis, "
                        + "found \(part.dtype.rawValue) \(part.shape)")
            }
        }
        defer { withExtendedLifetime((indices, tables)) {} }
        let parsed = try TrellisTables(parsing: tables.storage.bytes)
        guard parsed.groups.allSatisfy({ $0.tables[0].rawBits == $0.tables[1].rawBits }) else {
            throw BantamError(.corruption, "expected as many raw bits in both tables of a group")
        }
        let (rows, columns) = TrellisCoded.matrixForm(of: shape)
        try MemoryLimit.check(shape.elementCount, elementsOf: 4)
        var cursor = ByteCursor(indices.storage.bytes)
        let header = try TrellisHeader(from: &cursor, rows: rows, columns: columns)
        let count = TrellisHeader.blockCount(of: shape.elementCount, blockBits: header.blockBits)
        let sizes = try (0..<count).map { _ in try cursor.takeVariable() }
        var blocks: [Range<Int>] = []
        var offset = indices.byteCount - cursor.rest.count
        for size in sizes {
            _ = try cursor.take(size)
            blocks.append(offset..<offset + size)
            offset += size
        }
        guard cursor.rest.isEmpty else {
            throw BantamError(
                .corruption, "expected the end after the last block, found \(cursor.rest.count) bytes")
        }
        return TrellisLayout(header: header, tables: parsed, blocks: blocks, columns: columns)
    }
}
