import BantamTensors

/// The elements of one or more tensors as points on a line.
///
/// Up to 65,536 elements each distinct value is a point. More are counted in bins of equal sign, exponent and upper
/// nine bits of the mantissa, at most 2⁻⁹ of a value wide, with the exact mean of each: clusters then end only between
/// bins, which moves a border by at most a bin; ``Palette`` afterwards moves the values to the means of the elements
/// that are nearest to them, until they stay. Far from zero values differ by less than such a bin, so one that holds
/// more than a 512th of the elements is told apart by eight bits more, by
/// up to all of them where few hold so many.
struct PaletteHistogram: Sendable {
    static let exactLimit = 1 << 16
    private static let lowBits = 14

    private var exact: [Float] = []
    private var counts: [UInt32] = []
    private var lowSums: [UInt64] = []
    /// Where the finer bins of a bin begin; those of all of them, with the exact sums of their lower bits.
    private var finerStarts: [Int: Int] = [:]
    private var finer: [(count: UInt32, lowSum: UInt64)] = []
    private var finerCount = 0
    /// Elements that are zero, of either sign.
    private(set) var zeroCount = 0
    /// All elements, zeros too.
    private(set) var elementCount = 0

    /// Whether clusters can end anywhere.
    var isExact: Bool { counts.isEmpty }

    /// The points of one tensor; `isAlone` unless others are to be added.
    init(_ elements: UnsafeBufferPointer<Float>, isAlone: Bool = true, workers: Workers) throws {
        elementCount = elements.count
        guard elements.count > PaletteHistogram.exactLimit else {
            exact = elements.filter { $0 != 0 }.sorted()
            zeroCount = elements.count - exact.count
            return
        }
        zeroCount = elements.count { $0 == 0 }
        try count(elements, workers)
        if isAlone { try refine(elements, workers) }
    }

    /// Counts the elements of bins that hold many more finely.
    private mutating func refine(_ elements: UnsafeBufferPointer<Float>, _ workers: Workers) throws {
        let most = UInt32(elements.count / 512)
        let heavy = counts.indices.filter { counts[$0] > most }
        guard !heavy.isEmpty else { return }
        // The fewer there are the more finely, up to all bits: at most 2¹⁷ in all.
        let finerBits = max(8, 17 - (Int.bitWidth - heavy.count.leadingZeroBitCount))
        let shift = UInt32(max(0, PaletteHistogram.lowBits - finerBits))
        finerCount = 1 << min(PaletteHistogram.lowBits, finerBits)
        for (index, bin) in heavy.enumerated() { finerStarts[bin] = index * finerCount }
        var starts = [Int32](repeating: -1, count: counts.count)
        for (bin, start) in finerStarts { starts[bin] = Int32(start) }
        nonisolated(unsafe) let elements = elements
        let total = heavy.count * finerCount
        let length = 1 << 22
        let parts = try workers.map((elements.count + length - 1) / length) { [starts] piece in
            var part = [(count: UInt32, lowSum: UInt64)](repeating: (0, 0), count: total)
            for value in elements[piece * length..<min((piece + 1) * length, elements.count)] {
                let bits = value.bitPattern
                let start = starts[Int(bits >> UInt32(PaletteHistogram.lowBits))]
                guard start >= 0, value != 0 else { continue }
                let low = bits & (1 << UInt32(PaletteHistogram.lowBits) - 1)
                let place = Int(start) + Int(low >> shift)
                part[place].count += 1
                part[place].lowSum += UInt64(low)
            }
            return part
        }
        finer = parts[0]
        for part in parts.dropFirst() {
            for place in finer.indices {
                finer[place].count += part[place].count
                finer[place].lowSum += part[place].lowSum
            }
        }
    }

    /// Takes in the points of another tensor.
    mutating func add(_ other: PaletteHistogram) throws {
        elementCount += other.elementCount
        zeroCount += other.zeroCount
        if isExact, other.isExact, exact.count + other.exact.count <= PaletteHistogram.exactLimit {
            exact = (exact + other.exact).sorted()
            return
        }
        for part in [exact, other.exact] { try part.withUnsafeBufferPointer { try count($0, .one) } }
        exact = []
        if counts.isEmpty {
            (counts, lowSums) = (other.counts, other.lowSums)
        } else if !other.counts.isEmpty {
            for bin in counts.indices {
                counts[bin] &+= other.counts[bin]
                lowSums[bin] &+= other.lowSums[bin]
            }
        }
    }

    /// Whole numbers, so that the order of adding does not show.
    private mutating func count(_ elements: UnsafeBufferPointer<Float>, _ workers: Workers) throws {
        let binCount = 1 << (32 - PaletteHistogram.lowBits)
        if counts.isEmpty {
            counts = [UInt32](repeating: 0, count: binCount)
            lowSums = [UInt64](repeating: 0, count: binCount)
        }
        nonisolated(unsafe) let elements = elements
        let length = 1 << 22
        let parts = try workers.map((elements.count + length - 1) / length) { piece in
            var counts = [UInt32](repeating: 0, count: binCount)
            var lowSums = [UInt64](repeating: 0, count: binCount)
            for value in elements[piece * length..<min((piece + 1) * length, elements.count)] {
                let bits = value.bitPattern
                counts[Int(bits >> UInt32(PaletteHistogram.lowBits))] += 1
                lowSums[Int(bits >> UInt32(PaletteHistogram.lowBits))] += UInt64(
                    bits & (1 << UInt32(PaletteHistogram.lowBits) - 1))
            }
            return (counts, lowSums)
        }
        for (partCounts, partSums) in parts {
            for bin in counts.indices where partCounts[bin] > 0 {
                counts[bin] &+= partCounts[bin]
                lowSums[bin] += partSums[bin]
            }
        }
        // Zeros are a bin with others that are all but zero; they are points of their own.
        let zeros = elements.count { $0 == 0 }
        let negative = elements.count { $0.bitPattern == 0x8000_0000 }
        counts[0] -= UInt32(zeros - negative)
        counts[binCount / 2] -= UInt32(negative)
    }

    /// The points below zero and those above it, each ascending.
    var points: (negative: [OptimalClustering.Point], positive: [OptimalClustering.Point]) {
        if isExact {
            var points: [(value: Float, count: Double)] = []
            for value in exact {
                if points.last?.value == value {
                    points[points.count - 1].count += 1
                } else {
                    points.append((value, 1))
                }
            }
            let all = points.map {
                OptimalClustering.Point(count: $0.count, sum: Double($0.value) * $0.count)
            }
            return (all.filter { $0.sum < 0 }, all.filter { $0.sum > 0 })
        }
        let half = counts.count / 2
        func points(_ bins: Range<Int>) -> [OptimalClustering.Point] {
            bins.flatMap { bin -> [OptimalClustering.Point] in
                guard counts[bin] > 0 else { return [] }
                let low = UInt32(bin) << UInt32(PaletteHistogram.lowBits)
                let base = Double(Float(bitPattern: low))
                let step = Double(Float(bitPattern: low + 1)) - base
                func point(_ count: UInt32, _ lowSum: UInt64) -> OptimalClustering.Point {
                    OptimalClustering.Point(
                        count: Double(count), sum: base * Double(count) + step * Double(lowSum))
                }
                guard let start = finerStarts[bin] else { return [point(counts[bin], lowSums[bin])] }
                return finer[start..<start + finerCount].filter { $0.count > 0 }
                    .map { point($0.count, $0.lowSum) }
            }
        }
        return (points(half..<counts.count).reversed(), points(0..<half))
    }
}
