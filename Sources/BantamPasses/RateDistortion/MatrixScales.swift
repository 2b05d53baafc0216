// Why: how large the numbers of a row and of a column are decides with which table their indices are coded.

import BantamEncodings
import BantamTensors

/// Column means and the mean squares of rows and columns; independent of any step.
struct MatrixScales: Sendable {
    let rows: Int
    let columns: Int
    /// What is subtracted from each column, if that pays.
    var means: [Float]?
    /// Of each row, with the means taken out.
    var rowMeanSquares: [Double]
    /// The sum of the squares of all elements, means and all.
    private(set) var energy = 0.0
    /// Relative to the rows; see ``TrellisHeader/columnClasses``.
    var columnClasses: [Int8]

    /// The largest magnitude of an element.
    let largest: Float

    /// Whether zeros stay zeros: at least one of a thousand elements is one, as nothing but a mask makes them.
    let keepsZeros: Bool

    /// Looks at all elements of `tensor`, which is `float32`.
    ///
    /// - Parameter findingMeans: whether means of columns may be taken out.
    /// - Complexity: O(elements); the result does not depend on the number of workers.
    /// - Throws: ``BantamError`` of kind `corruption` for NaN or infinity.
    init(of tensor: Tensor, workers: Workers, findingMeans: Bool = true) throws {
        (rows, columns) = TrellisCoded.matrixForm(of: tensor.shape)
        let (rows, columns) = (rows, columns)
        (largest, keepsZeros) = try MatrixScales.extremes(of: tensor, workers)
        (means, rowMeanSquares, columnClasses) = (nil, [], [Int8](repeating: 0, count: columns))
        guard rows > 0, columns > 0 else {
            rowMeanSquares = [Double](repeating: 0, count: rows)
            return
        }
        let pieces = MatrixScales.pieces(rows: rows, columns: columns)
        energy =
            try MatrixScales.squares(of: tensor, pieces, columns, nil, workers).reduce(0, +) * Double(columns)
        if findingMeans, rows >= 8, columns > 1, !keepsZeros {
            means = try MatrixScales.means(of: tensor, pieces, columns, workers)
        }
        let found = means
        rowMeanSquares = try MatrixScales.squares(of: tensor, pieces, columns, found, workers)
        if rows >= 8, columns > 1 {
            columnClasses = try MatrixScales.columnClasses(
                of: tensor, pieces, columns, found, rowMeanSquares, workers)
        }
    }

    private static func extremes(
        of tensor: Tensor, _ workers: Workers
    ) throws -> (largest: Float, keepsZeros: Bool) {
        let length = 1 << 18
        let found = try workers.map((tensor.elementCount + length - 1) / length) { piece in
            tensor.withElements(as: UInt32.self) { elements in
                var (largest, zeros) = (UInt32(0), UInt32(0))
                for pattern in elements[piece * length..<min((piece + 1) * length, elements.count)] {
                    let magnitude = pattern & 0x7fff_ffff
                    largest = max(largest, magnitude)
                    zeros &+= magnitude == 0 ? 1 : 0
                }
                return (largest: largest, zeros: Int(zeros))
            }
        }
        let largest = found.reduce(0) { max($0, $1.largest) }
        let zeros = found.reduce(0) { $0 + $1.zeros }
        guard largest < Float.infinity.bitPattern else {
            throw BantamError(.corruption, "expected finite numbers to quantize, found NaN or infinity")
        }
        return (Float(bitPattern: largest), zeros > 0 && zeros >= tensor.elementCount / 1000)
    }

    /// The mean square of every row.
    private static func squares(
        of tensor: Tensor, _ pieces: [Range<Int>], _ columns: Int, _ means: [Float]?, _ workers: Workers
    ) throws -> [Double] {
        try workers.map(pieces.count) { piece in
            tensor.withElements(as: Float.self) { elements in
                pieces[piece].map { row in
                    meanSquare(elements.baseAddress! + row * columns, columns, means)
                }
            }
        }.flatMap { $0 }
    }

    /// Rows cut into pieces by the size of the matrix alone.
    private static func pieces(rows: Int, columns: Int) -> [Range<Int>] {
        let length = max(1, (1 << 18) / columns)
        return stride(from: 0, to: rows, by: length).map { $0..<min($0 + length, rows) }
    }

    /// Sums by column, over the rows of each piece and then over pieces, in order.
    private static func columnSums(
        _ tensor: Tensor, _ pieces: [Range<Int>], _ columns: Int, _ workers: Workers,
        _ term: @Sendable (Int, Float, Int) -> Double
    ) throws -> [Double] {
        try workers.map(pieces.count) { piece in
            tensor.withElements(as: Float.self) { elements in
                var sums = [Double](repeating: 0, count: columns)
                sums.withUnsafeMutableBufferPointer { sums in
                    for row in pieces[piece] {
                        let start = elements.baseAddress! + row * columns
                        for column in 0..<columns { sums[column] += term(row, start[column], column) }
                    }
                }
                return sums
            }
        }.reduce(into: [Double](repeating: 0, count: columns)) { total, sums in
            for column in 0..<columns { total[column] += sums[column] }
        }
    }

    /// The means of the columns if indices become shorter by more than the means take.
    private static func means(
        of tensor: Tensor, _ pieces: [Range<Int>], _ columns: Int, _ workers: Workers
    ) throws -> [Float]? {
        let rows = pieces.last?.upperBound ?? 0
        let sums = try columnSums(tensor, pieces, columns, workers) { _, value, _ in Double(value) }
        let squares = try columnSums(tensor, pieces, columns, workers) { _, value, _ in
            Double(value) * Double(value)
        }
        var gain = 0.0
        for (sum, square) in zip(sums, squares) where square > 0 {
            let left = square - sum * sum / Double(rows)
            // A column that is constant gains a lot, but not without end.
            gain += 0.5 * Double(rows) * min(16, -BinaryLogarithm.of(max(left / square, 0x1p-40)))
        }
        guard gain > 10 * Double(columns) + 64 else { return nil }
        return sums.map { Float($0 / Double(rows)) }
    }

    /// In eight sums that are added up in order, as vectors would.
    private static func meanSquare(
        _ values: UnsafePointer<Float>, _ count: Int, _ means: [Float]?
    ) -> Double {
        var sums = SIMD8<Double>.zero
        let whole = count & ~7
        for start in stride(from: 0, to: whole, by: 8) {
            var value = UnsafeRawPointer(values + start).loadUnaligned(as: SIMD8<Float>.self)
            if let means {
                value -= means.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: 4 * start, as: SIMD8<Float>.self)
                }
            }
            let wide = SIMD8<Double>(value)
            sums += wide * wide
        }
        for index in whole..<count {
            let value = Double(values[index] - (means?[index] ?? 0))
            sums[index - whole] += value * value
        }
        return (0..<8).reduce(0) { $0 + sums[$1] } / Double(count)
    }

    private static func columnClasses(
        of tensor: Tensor, _ pieces: [Range<Int>], _ columns: Int, _ means: [Float]?,
        _ rowMeanSquares: [Double], _ workers: Workers
    ) throws -> [Int8] {
        let rows = pieces.last?.upperBound ?? 0
        let weights = rowMeanSquares.map { $0 > 0 ? 1 / $0 : 0 }
        let sums = try columnSums(tensor, pieces, columns, workers) { row, value, column in
            let rest = Double(value - (means?[column] ?? 0))
            return rest * rest * weights[row]
        }
        let used = weights.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        guard used > 0 else { return [Int8](repeating: 0, count: columns) }
        let classes = sums.map { sum in
            Int8(max(-32, min(31, MatrixScales.quarterOctaves(sum / Double(used)))))
        }
        return ClassList.thrifty(classes, elementsOfEach: rows).classes
    }

    /// 4·log₂ of a root, rounded to nearest: 2·log₂ of the square. Least for zero.
    static func quarterOctaves(_ square: Double) -> Int {
        guard square > 0x1p-1000 else { return -128 }
        // √√2 and its cube: where 2·log₂ of the mantissa passes ½ and 1½.
        let mantissa = square.significand
        return 2 * Int(square.exponent)
            + (mantissa < 1.189207115002721 ? 0 : mantissa < 1.681792830507429 ? 1 : 2)
    }

    /// The classes of the rows for indices that count `step`.
    func rowClasses(step: Float) -> ClassList {
        let unit = Double(step) * Double(step)
        let classes = rowMeanSquares.map { square in
            let found = TrellisTables.unitClass + MatrixScales.quarterOctaves(square / unit)
            return Int8(max(0, min(TrellisTables.classCount - 1, found)))
        }
        return ClassList.thrifty(classes, elementsOfEach: columns)
    }

    /// The means as multiples of a part of the step that is small against the numbers.
    func codedMeans(step: Float) -> ColumnMeans? {
        guard let means else { return nil }
        let energy = rowMeanSquares.reduce(0, +) / Double(max(1, rows))
        let ratio = (energy.squareRoot() / Double(step)) / 8
        let largest = Double(means.reduce(Float(0)) { max($0, abs($1)) } / step)
        var exponent = ratio > 0 ? max(-60, min(20, Int(ratio.exponent))) : 0
        while largest > 32000 * Double(sign: .plus, exponent: exponent, significand: 1), exponent < 63 {
            exponent += 1
        }
        let unit = Float(sign: .plus, exponent: exponent, significand: step)
        return ColumnMeans(
            exponent: exponent,
            codes: means.map { Int32(max(-32768, min(32767, ($0 / unit).rounded(.toNearestOrEven)))) })
    }

    /// What stands before the blocks of this matrix when its indices count `step`.
    func header(_ code: TrellisCode, step: Float) -> TrellisHeader {
        let (laneBits, blockBits) = TrellisHeader.arrangement(of: rows * columns)
        return TrellisHeader(
            code: code, laneBits: laneBits, blockBits: blockBits, step: step,
            rowClasses: rowClasses(step: step), columnClasses: ClassList(columnClasses),
            means: codedMeans(step: step))
    }
}
