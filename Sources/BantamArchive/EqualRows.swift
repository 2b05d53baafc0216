// Why: token embeddings have rows that are equal, and most coders do not see it; most matrices have none, so looking
// must cost next to nothing.

import BantamCoding
import BantamEncodings
import BantamTensors
import Glibc

/// Which rows of a matrix are the same as earlier ones.
///
/// Rows are told apart by XXH3-64 of their first bytes; where that leaves enough that may be equal, by that of all their
/// bytes, and then their bytes are compared.
struct EqualRows {
    /// For every row 0 if it is the first of its kind, else 1 + the position of that among the first ones.
    let repeats: [UInt32]

    /// Rows of fewer bytes are not worth a number each.
    static let leastRowByteCount = 32

    /// Copies in a tensor of so many bytes have to take this much before a reader is made to put rows together: more
    /// than what the header says of another array, and a visible part of the tensor.
    static func leastSaved(of byteCount: Int) -> Int { 512 + byteCount / 256 }

    /// `nil` if copies do not take ``leastSaved(of:)``.
    ///
    /// - Complexity: O(rows) where no rows begin alike, else O(bytes). What is found does not depend on `workers`.
    init?(of tensor: Tensor, workers: Workers) {
        guard let (rows, columns) = tensor.shape.matrixForm, rows > 1, rows < Int(UInt32.max),
            let rowByteCount = Tensor.byteCount(tensor.dtype, [columns]),
            rowByteCount >= EqualRows.leastRowByteCount
        else { return nil }
        let leastCopies = (EqualRows.leastSaved(of: tensor.byteCount) - 1) / rowByteCount + 1
        guard rows > leastCopies else { return nil }
        let matrix = Rows(tensor: tensor, count: rows, byteCount: rowByteCount)
        // Rows that are equal begin alike, and hardly any others do.
        let prefix = min(rowByteCount, 64)
        var keys = matrix.keys(ofFirst: prefix, workers)
        guard KeyFilter.mayRepeat(keys, atLeast: leastCopies) else { return nil }
        if prefix < rowByteCount { keys = matrix.keys(ofFirst: rowByteCount, workers) }
        var seen = SeenKeys(capacity: rows)
        var firsts: [UInt32] = []
        var repeats = [UInt32](repeating: 0, count: rows)
        for row in 0..<rows {
            let equal = seen.value(of: keys[row], orAdd: UInt32(firsts.count)) {
                matrix.areEqual(Int(firsts[Int($0)]), row)
            }
            if let equal { repeats[row] = equal + 1 } else { firsts.append(UInt32(row)) }
        }
        guard rows - firsts.count >= leastCopies else { return nil }
        self.repeats = repeats
    }
}

/// The bytes of a matrix by rows.
private struct Rows {
    let tensor: Tensor
    let count: Int
    let byteCount: Int

    private func bytes(_ row: Int, _ length: Int) -> UnsafeRawBufferPointer {
        let start = row * byteCount
        return UnsafeRawBufferPointer(rebasing: tensor.storage.bytes[start..<start + length])
    }

    /// XXH3-64 of the first bytes of each row.
    func keys(ofFirst length: Int, _ workers: Workers) -> [UInt64] {
        let rowsPerPiece = max(1, (1 << 20) / byteCount)
        return [UInt64](unsafeUninitializedCapacity: count) { keys, initialized in
            nonisolated(unsafe) let result = keys.baseAddress!
            // Hashing cannot fail.
            try? workers.forEach((count - 1) / rowsPerPiece + 1) { piece in
                let first = piece * rowsPerPiece
                let end = min(first + rowsPerPiece, count)
                for row in first..<end {
                    (result + row).initialize(to: Checksum(of: bytes(row, length)).value)
                }
                tensor.storage.letGo(
                    of: UnsafeRawBufferPointer(
                        rebasing: tensor.storage.bytes[first * byteCount..<end * byteCount]))
            }
            initialized = count
        }
    }

    func areEqual(_ first: Int, _ second: Int) -> Bool {
        bytes(first, byteCount).isEqual(to: bytes(second, byteCount))
    }
}

/// Keys that may have occurred: a Bloom filter of four bytes a key, a word of it for each (B. Bloom, "Space/Time Trade-offs
/// in Hash Coding with Allowable Errors", 1970). It takes every key that occurred for such, and one in a few thousand of
/// the others, and is read in one place for each.
private struct KeyFilter {
    private var words: [UInt64]

    private init(capacity: Int) {
        let count = 1 << (Int.bitWidth - (capacity / 2).leadingZeroBitCount)
        words = [UInt64](repeating: 0, count: count)
    }

    /// Whether so many keys may be those of earlier ones; never no if they are.
    static func mayRepeat(_ keys: [UInt64], atLeast least: Int) -> Bool {
        var filter = KeyFilter(capacity: keys.count)
        var count = 0
        for key in keys where filter.insert(key) { count += 1 }
        return count >= least
    }

    /// Whether the key may have occurred. From now on it has.
    @inline(__always)
    private mutating func insert(_ key: UInt64) -> Bool {
        let word = Int(truncatingIfNeeded: key >> 20) & (words.count - 1)
        let bits: UInt64 = 1 << (key & 63) | 1 << (key >> 6 & 63) | 1 << (key >> 12 & 63)
        let isKnown = words[word] & bits == bits
        words[word] |= bits
        return isKnown
    }
}

/// Keys that occurred, each with a number: a table of open addressing, half full at most.
private struct SeenKeys {
    /// 0 where there is none.
    private var keys: [UInt64]
    private var values: [UInt32]

    init(capacity: Int) {
        let slots = 1 << (Int.bitWidth - (2 * capacity - 1).leadingZeroBitCount)
        keys = [UInt64](repeating: 0, count: slots)
        values = [UInt32](repeating: 0, count: slots)
    }

    /// The number of an earlier `key` that `isEqual` accepts; if there is none, `nil`, and it has `value` from now on.
    @inline(__always)
    mutating func value(
        of key: UInt64, orAdd value: UInt32, where isEqual: (UInt32) -> Bool
    ) -> UInt32? {
        let key = max(key, 1)
        var slot = Int(truncatingIfNeeded: key) & (keys.count - 1)
        while keys[slot] != 0 {
            if keys[slot] == key, isEqual(values[slot]) { return values[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        keys[slot] = key
        values[slot] = value
        return nil
    }
}

extension PartTree where Leaf == Tensor {
    /// The tree with equal rows of the tensor, or of its codes, once; `nil` if there are too few.
    func withRowsOnce(_ workers: Workers) -> PartTree? {
        func rowsOnce(_ tensor: Tensor, _ distinct: (Tensor) -> PartTree) -> PartTree? {
            guard let equal = EqualRows(of: tensor, workers: workers) else { return nil }
            let rows = RepeatedRows(of: tensor, repeats: equal.repeats, workers: workers)
            return .repeatedRows(
                distinct: distinct(rows.distinct), repeats: rows.repeats, rows: rows.distinct.shape.axes[0])
        }
        switch self {
        case .dense(let tensor): return rowsOnce(tensor) { .dense($0) }
        case .packed(let codes, let packing):
            return rowsOnce(codes) {
                .packed($0, Packing(codes: packing.codes, count: $0.elementCount))
            }
        case .quantized(let codes, let scales, let zeroPoints, let form) where form.trellis == nil:
            return codes.withRowsOnce(workers).map {
                .quantized(codes: $0, scales: scales, zeroPoints: zeroPoints, form: form)
            }
        case .palettized(let codes, let codebook, let rowsPerGroup):
            return codes.withRowsOnce(workers).map {
                .palettized(codes: $0, codebook: codebook, rowsPerGroup: rowsPerGroup)
            }
        default: return nil
        }
    }
}

extension PartTree {
    /// What says which rows of the tensor or of its codes are equal, and how many distinct ones there are; `nil` if
    /// every row is stored.
    var repeats: (array: Leaf, distinctCount: Int)? {
        switch self {
        case .repeatedRows(_, let repeats, let rows): (repeats, rows)
        case .quantized(let codes, _, _, _), .palettized(let codes, _, _): codes.repeats
        default: nil
        }
    }
}
