// Why: which table an element has follows from the scales of its row and its column, so these are told once each.

import CBantamKernels

/// Rows and columns of a block and the classes of their scales, in quarters of an octave.
struct DenseGrid {
    /// Elements of a block.
    let count: Int
    /// The elements of a row of the array, or the length of runs that stand for rows if it has none of use.
    let columns: Int
    let isMatrix: Bool
    /// Elements of the first row that belong to the block before; of rows, not of groups of them.
    let start: Int
    /// How many rows share a class; 0: all.
    var rowsOfGroup = 0
    var hasColumnClasses = false
    var rowClasses: [UInt8] = []
    var columnClasses: [UInt8] = []
    /// The classes used are sums of the two, from the lowest to the highest; those beyond count as these.
    var lowest = 0
    var highest = 0

    static let runLength = 256
    static let mostClasses = Int(BANTAM_CLASS_RANS_CLASSES)

    init(count: Int, _ context: BlockContext) {
        self.count = count
        // A complex number is two elements side by side.
        let parts = [.complex64, .complex128].contains(context.dtype) ? 2 : 1
        isMatrix = 2...max(2, count / parts) ~= context.columns
        columns = isMatrix ? context.columns * parts : DenseGrid.runLength
        start = isMatrix ? context.firstElement % context.columns * parts : 0
    }

    /// The rows that the block has elements of.
    var rowCount: Int { (start + count - 1) / columns + 1 }
    var groupCount: Int { rowsOfGroup == 0 ? 0 : (rowCount - 1) / rowsOfGroup + 1 }
    var classCount: Int { highest - lowest + 1 }

    mutating func code<Coder: BinaryCoder>(with coder: inout Coder) throws {
        rowsOfGroup = coder.plain(rowsOfGroup, bits: 8)
        hasColumnClasses = coder.plain(hasColumnClasses ? 1 : 0, bits: 1) == 1
        lowest = coder.plain(lowest, bits: 7)
        highest = coder.plain(highest, bits: 7)
        guard isMatrix || !hasColumnClasses, lowest <= highest, classCount <= DenseGrid.mostClasses else {
            throw DenseCoder.damaged("up to \(DenseGrid.mostClasses) classes of a grid", "\(classCount)")
        }
        DenseGrid.code(&rowClasses, count: groupCount, with: &coder)
        DenseGrid.code(&columnClasses, count: hasColumnClasses ? columns : 0, with: &coder)
    }

    /// Classes below 64, after how many bits the largest takes.
    private static func code<Coder: BinaryCoder>(
        _ classes: inout [UInt8], count: Int, with coder: inout Coder
    ) {
        guard count > 0 else { return }
        let bits = coder.plain(8 - (classes.max() ?? 0).leadingZeroBitCount, bits: 3)
        classes.append(contentsOf: repeatElement(0, count: count - classes.count))
        var chances = NumberChances(bits: min(bits, 6))
        for index in classes.indices {
            classes[index] = UInt8(chances.code(Int(classes[index]), with: &coder))
        }
    }

    /// Calls `body` with the grid as the kernels take it. Positions begin with the first row.
    func withKernel<Result>(_ body: (inout bantam_class_grid) throws -> Result) rethrows -> Result {
        try rowClasses.withUnsafeBufferPointer { rows in
            try columnClasses.withUnsafeBufferPointer { columns in
                var grid = bantam_class_grid(
                    row_classes: rowClasses.isEmpty ? nil : rows.baseAddress,
                    row_length: self.columns * max(1, rowsOfGroup),
                    column_classes: columnClasses.isEmpty ? nil : columns.baseAddress, columns: self.columns,
                    lowest: UInt8(lowest), highest: UInt8(highest))
                return try body(&grid)
            }
        }
    }
}
