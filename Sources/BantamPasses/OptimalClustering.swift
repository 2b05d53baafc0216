/// One-dimensional k-means to the optimum, by dynamic programming.
///
/// Optimal clusters of points on a line are runs of them in order. The squared error of a run is Σx² − (Σx)²/n, so
/// the clusters with the least error are those with the largest sum of (Σx)²/n. Row c of the program holds, for
/// every number of points from the left, the best such sum with c clusters; as the best last run begins no earlier
/// when a point is added, a row is found by halving.
///
/// - Complexity: O(clusters · points · log(points)) time, O(clusters · points) memory of 4 bytes.
///
/// Source: H. Wang and M. Song, "Ckmeans.1d.dp: Optimal k-means Clustering in One Dimension by Dynamic
/// Programming", 2011; halving as in A. Grønlund et al., "Fast Exact k-Means, k-Medians and Bregman Divergence
/// Clustering in 1D", 2017.
struct OptimalClustering {
    /// Points in ascending order: how many elements each stands for, and their sum.
    struct Point {
        var count: Double
        var sum: Double
    }

    private let counts: [Double]
    private let sums: [Double]
    /// For each number of clusters from 1 and each number of points, where the last cluster begins.
    private var begins: [[UInt32]] = []
    /// For each number of clusters from 0 and each number of points, the largest Σ (Σx)²/n.
    private var gains: [Double]
    /// For each number of clusters from 0, the largest gain over all numbers of points, and that number: what is
    /// best when the points behind cost nothing but their squares, as those do that become zero.
    private(set) var bestPrefix: [(gain: Double, points: Int)] = [(0, 0)]

    private var pointCount: Int { counts.count - 1 }

    /// The program for up to `clusters` clusters, at most as many as points.
    init(_ points: [Point], clusters: Int) {
        counts = points.reduce(into: [0]) { $0.append($0.last! + $1.count) }
        sums = points.reduce(into: [0]) { $0.append($0.last! + $1.sum) }
        gains = [0] + [Double](repeating: -.infinity, count: points.count)
        for _ in 0..<min(clusters, points.count) { addRow() }
    }

    /// The means of the best `clusters` clusters of the first `points` points, ascending.
    func means(clusters: Int, points: Int) -> [Double] {
        var means: [Double] = []
        var end = points
        for row in begins[..<clusters].reversed() {
            let begin = Int(row[end])
            means.append((sums[end] - sums[begin]) / (counts[end] - counts[begin]))
            end = begin
        }
        return means.reversed()
    }

    private mutating func addRow() {
        let clusters = begins.count + 1
        var row = [Double](repeating: -.infinity, count: pointCount + 1)
        var starts = [UInt32](repeating: 0, count: pointCount + 1)
        let (counts, sums, gains) = (counts, sums, gains)
        counts.withUnsafeBufferPointer { counts in
            sums.withUnsafeBufferPointer { sums in
                gains.withUnsafeBufferPointer { gains in
                    /// Ends still to be looked at, and the starts that their last cluster can have.
                    var open = [(ends: clusters...pointCount, starts: clusters - 1...pointCount - 1)]
                    while let (ends, range) = open.popLast() {
                        let end = (ends.lowerBound + ends.upperBound) / 2
                        var best = (gain: -Double.infinity, start: range.lowerBound)
                        for start in range.lowerBound...min(range.upperBound, end - 1) {
                            let sum = sums[end] - sums[start]
                            let gain = gains[start] + sum * sum / (counts[end] - counts[start])
                            if gain > best.gain { best = (gain, start) }
                        }
                        row[end] = best.gain
                        starts[end] = UInt32(best.start)
                        if end > ends.lowerBound {
                            open.append((ends.lowerBound...end - 1, range.lowerBound...best.start))
                        }
                        if end < ends.upperBound {
                            open.append((end + 1...ends.upperBound, best.start...range.upperBound))
                        }
                    }
                }
            }
        }
        begins.append(starts)
        self.gains = row
        let best = row.indices.max { row[$0] < row[$1] } ?? 0
        bestPrefix.append((row[best], best))
    }
}
