import BantamTensors
import CBantamKernels

/// From a dense tensor to its sparse forms. All of them are lossless: what is left out is exactly the elements
/// whose bits are all zero.
extension Sparse {
    /// A way to say where the values stand; the raw values are the names recipes use.
    public enum Format: String, Sendable, CaseIterable {
        /// Row pointers and column indices.
        case csr
        /// One bit an element.
        case bitmask
        /// One byte of distance a value.
        case relative
    }

    /// What of `tensor` is not zero, in `format`. −0.0 and NaN are values like any other.
    ///
    /// - Complexity: O(elements); the work is shared by `workers` and the result does not depend on them.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for CSR below rank 2, which has no matrix form;
    ///   `compatibility` for elements that do not fill whole bytes.
    public init(_ tensor: Tensor, as format: Format, workers: Workers = .one) throws {
        try tensor.dtype.checkWholeBytes()
        switch format {
        case .csr: self = try Sparse.csr(tensor, workers)
        case .bitmask: self = try Sparse.bitmask(tensor, workers)
        case .relative: self = try Sparse.relative(tensor, workers)
        }
    }

    private static func csr(_ tensor: Tensor, _ workers: Workers) throws -> Sparse {
        guard let (rows, columns) = tensor.shape.matrixForm else {
            throw BantamError(
                .invalidArgument, "csr needs a matrix: expected rank 2 or more, found shape \(tensor.shape)")
        }
        try MemoryLimit.check(rows, elementsOf: 8)
        let width = tensor.dtype.bitWidth / 8
        let source = SharedBytes(tensor.storage.bytes)
        let pieces = Pieces(of: rows, each: max(1, (1 << 20) / max(columns, 1)))
        var pointers = [Int](repeating: 0, count: rows + 1)
        try pointers.withUnsafeMutableBufferPointer { buffer in
            let counts = Shared(buffer.baseAddress!)
            try workers.forEach(pieces.count) { piece in
                for row in pieces[piece] {
                    let start = source.bytes.baseAddress.map { $0 + row * columns * width }
                    counts.elements(Int.self)[row + 1] = bantam_count_nonzero(start, width, columns)
                }
            }
        }
        for row in 0..<rows { pointers[row + 1] += pointers[row] }
        let count = pointers[rows]
        let indexType = DType.smallestUnsigned(holding: columns - 1)
        let indexWidth = indexType.bitWidth / 8
        var indices = Storage(byteCount: 0) { _ in }
        let values = try Storage(byteCount: count * width) { values in
            indices = try Storage(byteCount: count * indexWidth) { indices in
                let (values, indices) = (Shared(values.baseAddress!), Shared(indices.baseAddress!))
                let offsets = pointers
                try workers.forEach(pieces.count) { piece in
                    for row in pieces[piece] where offsets[row] < offsets[row + 1] {
                        _ = bantam_compress(
                            source.bytes.baseAddress! + row * columns * width, width, columns,
                            values.pointer + offsets[row] * width,
                            indices.pointer + offsets[row] * indexWidth,
                            indexWidth, offsets[row + 1] - offsets[row])
                    }
                }
            }
        }
        withExtendedLifetime(tensor) {}
        return Sparse(
            shape: tensor.shape,
            positions: .csr(
                rowPointers: Tensor.unsigned(pointers, largest: count),
                columnIndices: Tensor(indexType, [count], indices)),
            values: .dense(Tensor(tensor.dtype, [count], values)))
    }

    private static func bitmask(_ tensor: Tensor, _ workers: Workers) throws -> Sparse {
        let elements = tensor.elementCount
        let width = tensor.dtype.bitWidth / 8
        let source = SharedBytes(tensor.storage.bytes)
        let pieces = Pieces(of: elements, each: 1 << 20)
        let counts = try workers.map(pieces.count) { piece in
            let range = pieces[piece]
            return bantam_count_nonzero(
                source.bytes.baseAddress! + range.lowerBound * width, width, range.count)
        }
        let offsets = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        let count = offsets[pieces.count]
        var mask = Storage(byteCount: 0) { _ in }
        let values = try Storage(byteCount: count * width) { values in
            mask = try Storage(byteCount: (elements + 7) / 8) { mask in
                let (values, mask) = (Shared(values.baseAddress!), Shared(mask.baseAddress!))
                try workers.forEach(pieces.count) { piece in
                    let range = pieces[piece]
                    let start = source.bytes.baseAddress! + range.lowerBound * width
                    bantam_nonzero_mask(
                        start, width, range.count,
                        mask.elements(UInt8.self) + range.lowerBound / 8)
                    _ = bantam_compress(
                        start, width, range.count, values.pointer + offsets[piece] * width, nil, 0,
                        counts[piece])
                }
            }
        }
        withExtendedLifetime(tensor) {}
        return Sparse(
            shape: tensor.shape, positions: .bitmask(Tensor(.uint8, [(elements + 7) / 8], mask)),
            values: .dense(Tensor(tensor.dtype, [count], values)))
    }

    /// Each piece says how far its first value is from its start and how many zeros stand at its end; the gaps
    /// between pieces are put together from these afterwards.
    private static func relative(_ tensor: Tensor, _ workers: Workers) throws -> Sparse {
        let width = tensor.dtype.bitWidth / 8
        let source = SharedBytes(tensor.storage.bytes)
        let pieces = Pieces(of: tensor.elementCount, each: 1 << 20)
        let parts = try workers.map(pieces.count) { piece in
            let range = pieces[piece]
            let start = source.bytes.baseAddress! + range.lowerBound * width
            let count = bantam_count_nonzero(start, width, range.count)
            var places: [UInt32] = []
            let values = [UInt8](unsafeUninitializedCapacity: count * width) { values, written in
                places = [UInt32](unsafeUninitializedCapacity: count) { places, written in
                    written = bantam_compress(
                        start, width, range.count, values.baseAddress, places.baseAddress, 4, count)
                }
                written = count * width
            }
            return Part(length: range.count, values: values, places: places)
        }
        withExtendedLifetime(tensor) {}
        var gaps: [UInt8] = []
        gaps.reserveCapacity(parts.reduce(0) { $0 + $1.gaps.count + 1 })
        var zeros = 0
        for part in parts {
            if part.values.isEmpty {
                zeros += part.before
            } else {
                gaps.append(gap: zeros + part.before)
                gaps += part.gaps
                zeros = part.after
            }
        }
        let byteCount = parts.reduce(0) { $0 + $1.values.count }
        let values = Storage(byteCount: byteCount) { result in
            var next = 0
            for part in parts {
                part.values.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: result[next..<next + $0.count]).copyMemory(
                        from: $0)
                }
                next += part.values.count
            }
        }
        return Sparse(
            shape: tensor.shape, positions: .relative(Tensor(.uint8, [gaps.count], gaps)),
            values: .dense(Tensor(tensor.dtype, [byteCount / width], values)))
    }

    /// What one piece of a tensor adds to its relative form.
    private struct Part: Sendable {
        /// The bytes of what is not zero.
        let values: [UInt8]
        /// The gaps between these, all but the first.
        let gaps: [UInt8]
        /// The zeros before the first and after the last; in a piece of zeros, all of them.
        let before: Int
        let after: Int

        init(length: Int, values: [UInt8], places: [UInt32]) {
            self.values = values
            guard let first = places.first, let last = places.last else {
                (gaps, before, after) = ([], length, length)
                return
            }
            (before, after) = (Int(first), length - Int(last) - 1)
            // Every 255 zeros cost at most one byte more.
            let capacity = places.count + length / 255
            gaps = [UInt8](unsafeUninitializedCapacity: capacity) { gaps, written in
                var previous = first
                for place in places.dropFirst() {
                    var gap = place - previous - 1
                    previous = place
                    while gap >= 255 {
                        gaps[written] = 255
                        written += 1
                        gap -= 255
                    }
                    gaps[written] = UInt8(truncatingIfNeeded: gap)
                    written += 1
                }
            }
        }
    }
}

extension Sparse.Positions {
    /// The bytes of the position arrays, uncoded.
    public var byteCount: Int {
        switch self {
        case .csr(let rowPointers, let columnIndices): rowPointers.byteCount + columnIndices.byteCount
        case .bitmask(let mask): mask.byteCount
        case .relative(let gaps): gaps.byteCount
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(gap: Int) {
        for _ in 0..<gap / 255 { append(255) }
        append(UInt8(gap % 255))
    }
}

extension Tensor {
    /// Numbers up to `largest` in the smallest unsigned type that holds it.
    static func unsigned(_ numbers: [Int], largest: Int) -> Tensor {
        func narrowed<Number: Index>(_ dtype: DType, _: Number.Type) -> Tensor {
            Tensor(dtype, [numbers.count], as: Number.self) { result in
                for index in numbers.indices { result[index] = Number(truncatingIfNeeded: numbers[index]) }
            }
        }
        let dtype = DType.smallestUnsigned(holding: largest)
        return switch dtype {
        case .uint8: narrowed(dtype, UInt8.self)
        case .uint16: narrowed(dtype, UInt16.self)
        case .uint32: narrowed(dtype, UInt32.self)
        default: narrowed(dtype, UInt64.self)
        }
    }
}
