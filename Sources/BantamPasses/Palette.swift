import BantamEncodings
import BantamTensors
import CBantamKernels

/// The values that the weights of a palettized tensor share.
struct Palette: Sendable {
    /// Ascending, all different, at least one.
    private(set) var values: [Float]
    /// Whether 0 is one of them because zeros are to stay zero.
    let keepsZero: Bool

    /// From this share of zeros on, one value is exactly 0: they come from pruning.
    private static let zeroShare = 1.0 / 256

    /// The values with the least squared error over the points of a histogram; see ``OptimalClustering``.
    ///
    /// - Parameters:
    ///   - count: how many values, at least 2.
    ///   - dtype: `float32` or `float16`, to which they are rounded.
    init(_ histogram: PaletteHistogram, count: Int, dtype: DType) throws {
        let (negative, positive) = histogram.points
        keepsZero =
            histogram.zeroCount > 0
            && Double(histogram.zeroCount) >= Palette.zeroShare * Double(histogram.elementCount)
        let means =
            keepsZero
            ? Palette.meansAroundZero(negative, positive, count)
            : Palette.means(
                negative + Palette.zeros(histogram.zeroCount) + positive, count)
        values = []
        try take(means, as: dtype)
    }

    private static func zeros(_ count: Int) -> [OptimalClustering.Point] {
        count == 0 ? [] : [OptimalClustering.Point(count: Double(count), sum: 0)]
    }

    private static func means(_ points: [OptimalClustering.Point], _ count: Int) -> [Double] {
        guard !points.isEmpty else { return [0] }
        if points.count <= count { return points.map { $0.sum / $0.count } }
        // Around their mean: far from zero, sums of squares would drown the differences.
        let total = points.reduce((count: 0.0, sum: 0.0)) { ($0.count + $1.count, $0.sum + $1.sum) }
        let mean = total.sum / total.count
        let centred = points.map {
            OptimalClustering.Point(count: $0.count, sum: $0.sum - mean * $0.count)
        }
        let clustering = OptimalClustering(centred, clusters: count)
        return clustering.means(clusters: min(count, points.count), points: points.count).map { $0 + mean }
    }

    /// One value is 0 and takes a run of points about zero, which costs their squares and gains nothing: the others
    /// are the best clusters of what is left on either side.
    private static func meansAroundZero(
        _ negative: [OptimalClustering.Point], _ positive: [OptimalClustering.Point], _ count: Int
    ) -> [Double] {
        if negative.count + positive.count < count {
            return [0] + (negative + positive).map { $0.sum / $0.count }
        }
        let left = OptimalClustering(negative, clusters: count - 1)
        // From the outside in, too.
        let right = OptimalClustering(
            positive.reversed().map { OptimalClustering.Point(count: $0.count, sum: -$0.sum) },
            clusters: count - 1)
        var best = (gain: -1.0, left: 0, right: 0)
        for leftCount in left.bestPrefix.indices {
            let rightCount = min(count - 1 - leftCount, right.bestPrefix.count - 1)
            let gain = left.bestPrefix[leftCount].gain + right.bestPrefix[rightCount].gain
            if gain > best.gain { best = (gain, leftCount, rightCount) }
        }
        return left.means(clusters: best.left, points: left.bestPrefix[best.left].points) + [0]
            + right.means(clusters: best.right, points: right.bestPrefix[best.right].points)
            .map { -$0 }.reversed()
    }

    private mutating func take(_ means: [Double], as dtype: DType) throws {
        let exact = Tensor(.float32, [means.count], means.map { Float($0) })
        let rounded = try exact.float32(roundedTo: dtype).float32().array(as: Float.self)
        // Beyond float16 the values stay as they are.
        let usable = rounded.allSatisfy(\.isFinite) ? rounded : exact.array(as: Float.self)
        values = usable.sorted().reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// The midpoints between neighbours. The upper neighbour itself lies above, whatever rounding does.
    private var boundaries: [Float] {
        zip(values, values.dropFirst()).map { low, high in
            let middle = Float((Double(low) + Double(high)) / 2)
            return middle >= high ? high.nextDown : middle
        }
    }

    /// Writes for each element the index of the value nearest to it.
    func codes(
        _ elements: UnsafeBufferPointer<Float>, into codes: UnsafeMutableBufferPointer<UInt8>,
        workers: Workers
    ) throws {
        guard elements.count > 0 else { return }
        let pieces = SlicePieces(count: elements.count, limit: 1 << 16)
        let boundaries = boundaries
        nonisolated(unsafe) let buffers = (elements.baseAddress!, codes.baseAddress!)
        try workers.forEach(pieces.count) { index in
            let piece = pieces[index]
            bantam_nearest_level(
                buffers.0 + piece.element, piece.columns, boundaries, boundaries.count,
                buffers.1 + piece.element)
        }
    }

    /// Moves every value to the mean of the elements nearest to it (Lloyd's step) until none moves, which lessens the
    /// error that bins have left; at most sixteen times.
    mutating func settle(
        _ elements: UnsafeBufferPointer<Float>, dtype: DType, workers: Workers
    ) throws {
        let pieces = SlicePieces(count: elements.count, limit: 1 << 16)
        for _ in 0..<16 {
            let (boundaries, count) = (boundaries, values.count)
            nonisolated(unsafe) let source = elements.baseAddress!
            let parts = try workers.map(pieces.count) { index in
                let piece = pieces[index]
                var codes = [UInt8](repeating: 0, count: piece.columns)
                bantam_nearest_level(
                    source + piece.element, piece.columns, boundaries, boundaries.count, &codes)
                var sums = [Double](repeating: 0, count: count)
                var counts = [Int](repeating: 0, count: count)
                for element in 0..<piece.columns {
                    sums[Int(codes[element])] += Double(source[piece.element + element])
                    counts[Int(codes[element])] += 1
                }
                return (sums, counts)
            }
            let means = values.indices.map { level -> Double in
                if keepsZero, values[level] == 0 { return 0 }
                let elements = parts.reduce(0) { $0 + $1.1[level] }
                return elements == 0
                    ? Double(values[level]) : parts.reduce(0) { $0 + $1.0[level] } / Double(elements)
            }
            let before = values
            try take(means, as: dtype)
            if values == before { return }
        }
    }

    /// The values in the order of their codes, zero first if it is kept, so that codes can be made sparse; and the
    /// code of each.
    var order: (codebook: [Float], codes: [UInt8]) {
        guard keepsZero, let zero = values.firstIndex(of: 0) else {
            return (values, values.indices.map { UInt8($0) })
        }
        return (
            [0] + values[..<zero] + values[(zero + 1)...],
            values.indices.map { UInt8($0 == zero ? 0 : $0 < zero ? $0 + 1 : $0) }
        )
    }
}
