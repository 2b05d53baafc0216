// Why: one density must serve all classes, so it is fitted to the counts of all of them at once.

/// Counts of symbols by class, and the density that codes them in few bits.
///
/// Doubles are added, multiplied and divided only, which every machine does alike.
struct ShapeFit {
    /// `cells.count` for each class.
    let counts: [UInt32]
    private let cells: [DenseCell]
    private let classCount: Int

    /// - Parameter classCounts: 256 for each class.
    init(_ classCounts: [UInt32], cells: [DenseCell], classCount: Int) {
        counts = (0..<classCount).flatMap { classCounts[$0 << 8..<$0 << 8 + cells.count] }
        self.cells = cells
        self.classCount = classCount
    }

    func shape() -> DenseShape {
        var shape = frame()
        settle(&shape, passes: 3)
        let atoms = atoms(beyond: shape)
        if !atoms.isEmpty {
            shape.atoms = atoms
            settle(&shape, passes: 2)
        }
        return shape
    }

    /// Knots over the places that hold all but the lowest few elements, all at one height.
    private func frame() -> DenseShape {
        var places: [Int: Int] = [:]
        var total = 0
        for number in 0..<classCount {
            for index in cells.indices {
                let count = Int(counts[number * cells.count + index])
                guard count > 0 else { continue }
                places[(cells[index].middle >> 6) - number, default: 0] += count
                total += count
            }
        }
        let order = places.keys.sorted()
        var (seen, low) = (0, order.first ?? 0)
        for place in order {
            low = place
            seen += places[place] ?? 0
            if seen * 200 > total { break }
        }
        let high = (order.last ?? low) + 1
        var shape = DenseShape()
        shape.origin = max(low, high - DenseShape.mostKnots + 1)
        shape.heights = Array(repeating: 0, count: high - shape.origin + 1)
        return shape
    }

    /// Raises each knot by what the counts around it are more than the density expects, a few times over.
    private func settle(_ shape: inout DenseShape, passes: Int) {
        for _ in 0..<passes {
            let (found, expected) = sums(under: shape)
            var heights: [Int?] = shape.heights.indices.map { index in
                guard found[index] > 0, expected[index] > 0 else { return nil }
                let ratio = UInt64(
                    min(0x1p40, max(1, (found[index] + 0.25) / (expected[index] + 0.25) * 0x1p20)))
                return shape.heights[index] + (FixedPoint.logarithm(ratio) - 20 * 256 + 8) >> 4
            }
            ShapeFit.fill(&heights)
            let highest = heights.compactMap(\.self).max() ?? 0
            shape.heights = heights.map { max(-2000, ($0 ?? 0) - highest) }
        }
    }

    /// Heights where nothing was counted: on the line between those on both sides, or two bits below the last.
    private static func fill(_ heights: inout [Int?]) {
        var last: Int?
        for index in heights.indices {
            if let height = heights[index] {
                if let from = last, from < index - 1, let before = heights[from] {
                    for between in from + 1..<index {
                        heights[between] = before + (height - before) * (between - from) / (index - from)
                    }
                } else if last == nil {
                    for between in 0..<index { heights[between] = height }
                }
                last = index
            }
        }
        guard let last, let height = heights[last] else { return }
        for index in heights.indices.dropFirst(last + 1) { heights[index] = height - 32 * (index - last) }
    }

    /// Of the elements around each knot how many there are and how many the density expects, each shared by the
    /// two knots beside it.
    private func sums(under shape: DenseShape) -> (found: [Double], expected: [Double]) {
        var found = [Double](repeating: 0, count: shape.heights.count)
        var expected = found
        forEachClass(shape) { number, share in
            for index in cells.indices {
                let place = cells[index].middle - DenseShape.spacing * number
                let (knot, fraction) = shape.knot(at: place)
                let upper = Double(fraction) / 64
                let next = min(knot + 1, shape.heights.count - 1)
                var count = Double(counts[number * cells.count + index])
                for atom in shape.atoms where atom.symbol == index {
                    count = max(0, count - total(ofClass: number) * Double(atom.frequency) / 4096)
                }
                found[knot] += count * (1 - upper)
                found[next] += count * upper
                expected[knot] += share(index) * (1 - upper)
                expected[next] += share(index) * upper
            }
        }
        return (found, expected)
    }

    private func total(ofClass number: Int) -> Double {
        counts[number * cells.count..<(number + 1) * cells.count].reduce(0.0) { $0 + Double($1) }
    }

    /// Calls `body` for each class that occurs, with how many elements of a symbol the density expects.
    private func forEachClass(_ shape: DenseShape, _ body: (Int, (Int) -> Double) -> Void) {
        let atoms = Double(shape.atoms.reduce(0) { $0 + $1.frequency }) / 4096
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: cells.count) { weights in
            weights.initialize(repeating: 0)
            for number in 0..<classCount {
                let total = total(ofClass: number)
                guard total > 0 else { continue }
                shape.weights(cells, ofClass: number, to: weights)
                let sum = weights.reduce(0.0) { $0 + Double($1) }
                let factor = total * (1 - atoms) / sum
                body(number) { Double(weights[$0]) * factor }
            }
        }
    }

    /// Symbols that occur far more often than the density expects.
    private func atoms(beyond shape: DenseShape) -> [(symbol: Int, frequency: Int)] {
        var found = [Double](repeating: 0, count: cells.count)
        var expected = found
        var total = 0.0
        forEachClass(shape) { number, share in
            for index in cells.indices {
                let count = Double(counts[number * cells.count + index])
                found[index] += count
                expected[index] += share(index)
                total += count
            }
        }
        let excess = cells.indices.compactMap { index -> (symbol: Int, frequency: Int)? in
            let more = found[index] - expected[index]
            let frequency = Int(more / total * 4096 + 0.5)
            guard found[index] > 1.5 * expected[index], more > 32, frequency > 0 else { return nil }
            return (index, min(frequency, DenseShape.mostAtomFrequency))
        }
        let order = excess.sorted { ($1.frequency, $0.symbol) < ($0.frequency, $1.symbol) }
        return order.prefix(DenseShape.mostAtoms).sorted { $0.symbol < $1.symbol }
    }
}
