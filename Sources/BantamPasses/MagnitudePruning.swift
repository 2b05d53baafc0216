import BantamEncodings
import BantamTensors

/// Pruning from buffer to buffer over the bit patterns of floats: what the pass runs and the benchmarks time.
public enum MagnitudePruning {
    /// Elements one thread takes at a time.
    private static var pieceLength: Int { 1 << 20 }

    /// Copies `source`, elements of `dtype`, with its `zeros` smallest magnitudes replaced by 0: of equal ones
    /// those with the lowest index first, NaN as the largest. 0 ≤ `zeros` ≤ elements.
    ///
    /// - Complexity: O(elements): two passes over memory to select for 32 bits, one for 16 or fewer, four for
    ///   64; one to count ties if not all of them go; one to write.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if `dtype` is not a float to compute with.
    public static func prune(
        _ source: UnsafeRawBufferPointer, of dtype: DType, zeros: Int,
        into result: UnsafeMutableRawBufferPointer, workers: Workers
    ) throws {
        try dtype.requireRealFloat()
        func run<Bits: MagnitudeBits>(
            _: Bits.Type
        ) throws {
            try prune(
                source.bindMemory(to: Bits.self), zeros: zeros, into: result.bindMemory(to: Bits.self),
                workers: workers)
        }
        switch dtype.bitWidth {
        case 64: try run(UInt64.self)
        case 32: try run(UInt32.self)
        case 16: try run(UInt16.self)
        default: try run(UInt8.self)
        }
    }

    /// The same over bit patterns.
    static func prune<Bits: MagnitudeBits>(
        _ source: UnsafeBufferPointer<Bits>, zeros: Int, into result: UnsafeMutableBufferPointer<Bits>,
        workers: Workers
    ) throws {
        precondition(source.count == result.count && 0...source.count ~= zeros, "buffers do not fit")
        guard zeros > 0 else {
            _ = result.update(from: source)
            return
        }
        let cut = try select(source, zeros, workers)
        try write(source, cut, into: result, workers)
    }

    /// Copies `source` with every magnitude whose bit pattern is below `threshold` replaced by 0.
    static func prune<Bits: MagnitudeBits>(
        _ source: UnsafeBufferPointer<Bits>, below threshold: Bits,
        into result: UnsafeMutableBufferPointer<Bits>, workers: Workers
    ) throws {
        guard source.count > 0 else { return }
        try write(source, .init(threshold: threshold, ties: 0), into: result, workers)
    }

    private static func select<Bits: MagnitudeBits>(
        _ source: UnsafeBufferPointer<Bits>, _ zeros: Int, _ workers: Workers
    ) throws -> RadixSelection<Bits>.Cut {
        var selection = RadixSelection<Bits>(rank: zeros - 1)
        while !selection.isDone {
            selection.narrow(by: try counts(selection, source, workers))
        }
        let cut = selection.cut
        // If nothing but zeros goes, all of them do: no −0 is left among the values.
        return cut.threshold == 0 ? .init(threshold: 1, ties: 0) : cut
    }

    /// The counts `selection` asks for, of a whole buffer.
    static func counts<Bits: MagnitudeBits>(
        _ selection: RadixSelection<Bits>, _ source: UnsafeBufferPointer<Bits>, _ workers: Workers
    ) throws -> [Int] {
        let size = 1 << RadixSelection<Bits>.digitBits
        var total = [Int](repeating: 0, count: size)
        let lanes = min(workers.count, pieces(source.count).count)
        if lanes == 1 {
            selection.count(source, into: &total)
            return total
        }
        // A part per thread and not per piece, because each part costs an array of counts. Sums do not depend
        // on where the parts begin.
        nonisolated(unsafe) let source = source
        let parts = try workers.map(lanes) { lane in
            var counts = [Int](repeating: 0, count: size)
            let range = source.count * lane / lanes..<source.count * (lane + 1) / lanes
            selection.count(UnsafeBufferPointer(rebasing: source[range]), into: &counts)
            return counts
        }
        for part in parts {
            for digit in 0..<size { total[digit] += part[digit] }
        }
        return total
    }

    private static func pieces(_ count: Int) -> SlicePieces {
        SlicePieces(count: count, limit: pieceLength)
    }

    private static func write<Bits: MagnitudeBits>(
        _ source: UnsafeBufferPointer<Bits>, _ cut: RadixSelection<Bits>.Cut,
        into result: UnsafeMutableBufferPointer<Bits>, _ workers: Workers
    ) throws {
        let pieces = pieces(source.count)
        nonisolated(unsafe) let buffers = (source, result)
        let buffer = { @Sendable (index: Int) in
            let range = pieces[index].elements
            return (
                UnsafeBufferPointer(rebasing: buffers.0[range]),
                UnsafeMutableBufferPointer(rebasing: buffers.1[range])
            )
        }
        // How many ties each piece may take depends on those before it.
        var budgets = [Int](repeating: 0, count: pieces.count)
        let equal =
            cut.ties == 0
            ? budgets
            : try workers.map(pieces.count) { Bits.count(buffer($0).0, at: cut.threshold).equal }
        var left = cut.ties
        for (index, equal) in equal.enumerated() {
            budgets[index] = min(equal, left)
            left -= budgets[index]
        }
        try workers.forEach(pieces.count) { [budgets] index in
            let (source, result) = buffer(index)
            let takesAllTies = cut.ties > 0 && budgets[index] == equal[index]
            Bits.prune(
                source, below: takesAllTies ? cut.threshold &+ 1 : cut.threshold,
                into: result.baseAddress!)
            guard !takesAllTies else { return }
            var ties = budgets[index]
            var position = 0
            while ties > 0 {
                if source[position] & (Bits.max >> 1) == cut.threshold {
                    result[position] = 0
                    ties -= 1
                }
                position += 1
            }
        }
    }
}
