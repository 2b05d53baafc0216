// Why: what weights have in common with their surroundings is above all the scale, of their row and of their column.
// Both are estimated from what was coded before, so they cost no bytes.

/// What is known of an element before it is coded: estimates of scale and density, and neighbours.
///
/// Amounts are linear magnitudes, their logarithms in 1/16 octave; `base` of an octave is defined by the caller.
struct ElementHistory: ~Copyable {
    /// The elements of a row; 0 if unknown.
    let columns: Int
    /// Where the next element stands.
    private(set) var column: Int
    private(set) var row = 0

    /// The logarithm of the mean amount expected of the next element, of row and column together.
    private(set) var expected = 0
    /// The same of its column alone, of its row against its columns, and of the last 16 elements.
    private(set) var columnScale = 0, rowScale = 0, localScale = 0
    /// The same of its row alone, whatever the columns; 0 in the first form.
    private(set) var rowAlone = 0
    /// Octaves below the highest, from 31 downwards, of the last element, the one before, and the one above;
    /// 0 for zeros and unknown ones.
    private(set) var last = 0, beforeLast = 0, above = 0
    /// Bit i: whether the element i + 1 before was 0.
    private(set) var zeros = 0
    /// Running shares of zeros, in 1/65536.
    private(set) var zeroShare: Int32 = 32768, recentZeroShare: Int32 = 32768, columnZeroShare: Int32 = 32768
    /// The running mean of the signs of the column, 1 for negative and −1 for positive, in 1/4096.
    private(set) var columnSign: Int32 = 0

    private let form: MaxForm
    private var expectedAmount: Int64 = 1 << 20
    private var rowRatio: Int64 = 256
    private var rowSum: Int64 = 1
    private var rowExpected: Int64 = 1
    private var rowTotal: Int64 = 1
    private var rowCount: Int64 = 1
    private var mean: Int64 = 1 << 20
    private var recentMean: Int64 = 1 << 20
    private var count: Int64 = 1
    private let columnStates: UnsafeMutablePointer<ColumnState>

    private struct ColumnState {
        var mean: Int64 = 1
        var sign: Int32 = 0
        var zeroShare: Int32 = 32768
        var above: UInt8 = 0
    }

    /// The history at the beginning of a block.
    ///
    /// - Parameters:
    ///   - columns: of a row, or 0; as good as unknown if it is more than `count`.
    ///   - first: the index of the block's first element in the array.
    ///   - count: the elements of the block.
    init(_ form: MaxForm, columns: Int, first: Int, count: Int) {
        self.form = form
        self.columns = columns > 0 && columns <= count ? columns : 0
        column = self.columns > 0 ? first % self.columns : 0
        columnStates = .allocate(capacity: max(1, self.columns))
        columnStates.initialize(repeating: ColumnState(), count: max(1, self.columns))
        beginRow()
        prepare()
    }

    deinit { columnStates.deallocate() }

    /// Whether the element above the next one is in the block and 0; for the columns beside it likewise.
    var zerosAbove: Int {
        guard columns > 0, row > 0 else { return 0 }
        let left = column > 0 && columnStates[column &- 1].above == 0 ? 1 : 0
        let right = column &+ 1 < columns && columnStates[column &+ 1].above == 0 ? 1 : 0
        return (above == 0 ? 1 : 0) | left &<< 1 | right &<< 2
    }

    /// Takes in one element and turns to the next.
    ///
    /// - Parameters:
    ///   - amount: its linear magnitude; at most 2²⁵.
    ///   - height: 31 for the highest octave, one less for each below, at least 1; 0 for zero.
    ///   - isNegative: its sign, `nil` if it has none.
    ///   - counts: whether the amount says something about the scale.
    @inline(__always)
    mutating func append(amount: Int64, height: Int, isNegative: Bool?, counts: Bool) {
        beforeLast = last
        last = height
        let isZero = height == 0
        zeros = zeros &<< 1 & 255 | (isZero ? 1 : 0)
        let zeroGoal: Int32 = isZero ? 65535 : 0
        zeroShare = zeroShare &+ (zeroGoal &- zeroShare) / 64
        recentZeroShare = recentZeroShare &+ (zeroGoal &- recentZeroShare) / 8
        if counts {
            let divisor = count
            count = min(count &+ 1, columns > 0 ? 1024 : 128)
            mean = max(1, mean &+ (amount &- mean) / divisor)
            recentMean = max(1, recentMean &+ (amount &- recentMean) / min(divisor, 16))
        }
        if columns > 0 {
            var state = columnStates[column]
            state.above = UInt8(truncatingIfNeeded: height)
            let age = Int32(truncatingIfNeeded: min(row &+ 2, 256))
            state.zeroShare = state.zeroShare &+ (zeroGoal &- state.zeroShare) / age
            if let isNegative { state.sign = state.sign &+ ((isNegative ? 4096 : -4096) &- state.sign) / 64 }
            if counts {
                rowTotal = rowTotal &+ amount
                rowCount = rowCount &+ 1
                if row == 0 || state.mean == 1 {
                    state.mean = max(1, (3 &* expectedAmount &+ amount) / 4)
                } else {
                    rowExpected = rowExpected &+ state.mean
                    rowSum = rowSum &+ amount
                    let normalized = min(1 &<< 34, (amount &<< 8) / rowRatio)
                    let divisor = Int64(truncatingIfNeeded: min(row &+ 2, 256))
                    state.mean = max(1, state.mean &+ (normalized &- state.mean) / divisor)
                }
            }
            columnStates[column] = state
            column = column &+ 1
            if column == columns {
                column = 0
                row = row &+ 1
                beginRow()
            } else if column & 0xffff == 0 {
                rowSum = rowSum &>> 1
                rowExpected = rowExpected &>> 1
            }
        }
        prepare()
    }

    /// A new row is taken to be like the average one until eight elements' worth of evidence.
    private mutating func beginRow() {
        rowSum = 8 &* mean
        rowExpected = 8 &* mean
        rowTotal = 8 &* mean
        rowCount = 8
    }

    @inline(__always)
    private mutating func prepare() {
        localScale = logarithm(recentMean)
        guard columns > 0 else {
            expected = logarithm(mean)
            columnScale = localScale
            return
        }
        let state = columnStates[column]
        above = Int(state.above)
        columnSign = state.sign
        columnZeroShare = state.zeroShare
        rowRatio = max(1, min(1 &<< 24, (rowSum &<< 8) / max(1, rowExpected)))
        var scale = row > 0 ? state.mean : recentMean
        if form.knowsRowsAlone {
            rowAlone = logarithm(max(1, rowTotal / rowCount))
            if row > 0, state.mean == 1 { scale = mean }
        }
        expectedAmount = max(1, min(1 &<< 34, (scale &* rowRatio) &>> 8))
        expected = logarithm(expectedAmount)
        columnScale = logarithm(state.mean)
        rowScale = logarithm(rowRatio)
    }
}

/// 16·log₂ of a positive number, linear between powers of two.
@inline(__always)
func logarithm(_ value: Int64) -> Int {
    let octave = 63 &- value.leadingZeroBitCount
    let place = octave >= 4 ? value &>> Int64(octave &- 4) : value &<< Int64(4 &- octave)
    return octave &* 16 &+ Int(truncatingIfNeeded: place & 15)
}
