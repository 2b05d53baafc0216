import BantamTensors

/// From the sparse forms back to a dense tensor.
extension Sparse {
    /// The whole tensor, zeros and all, of the dtype its values decode to. Lossless in itself.
    ///
    /// Positions that ``init(validating:positions:values:)`` would refuse are a programming error here.
    ///
    /// - Complexity: O(elements); the work is shared by `workers` and the result does not depend on them.
    /// - Throws: ``BantamError`` if the values do not decode or are not of whole bytes, or the tensor is larger
    ///   than the machine's memory.
    public func decoded(workers: Workers) throws -> Tensor {
        let values = try values.decoded(workers: workers)
        try values.dtype.checkWholeBytes()
        try MemoryLimit.check(shape.elementCount, elementsOf: values.dtype.bitWidth / 8)
        return switch values.dtype.bitWidth {
        case 8: try filled(from: values, UInt8.self, workers)
        case 16: try filled(from: values, UInt16.self, workers)
        case 32: try filled(from: values, UInt32.self, workers)
        case 64: try filled(from: values, UInt64.self, workers)
        default: try filled(from: values, TwoWords.self, workers)
        }
    }

    private func filled<Element: BitPattern>(
        from values: Tensor, _ type: Element.Type, _ workers: Workers
    ) throws -> Tensor {
        try Tensor(values.dtype, shape, as: Element.self) { result in
            try values.withElements(as: Element.self) { values in
                let scatter = Scatter(values: values, result: result, workers: workers)
                switch positions {
                case .csr(let rowPointers, let columnIndices):
                    try columnIndices.visitIndices(
                        ScatterByRow(
                            scatter: scatter, columns: shape.matrixForm?.columns ?? 0,
                            rowPointers: rowPointers.integers()))
                case .bitmask(let mask): try mask.withElements { try scatter.marked($0) }
                case .relative(let gaps): try gaps.withElements { try scatter.spaced($0) }
                }
            }
        }
    }
}

/// Values on their way to their places in a tensor that is zero elsewhere.
private struct Scatter<Element: BitPattern>: @unchecked Sendable {
    let values: UnsafeBufferPointer<Element>
    let result: UnsafeMutableBufferPointer<Element>
    let workers: Workers

    func marked(_ mask: UnsafeBufferPointer<UInt8>) throws {
        nonisolated(unsafe) let mask = mask
        precondition(mask.count == (result.count + 7) / 8)
        let pieces = Pieces(of: mask.count, each: 1 << 17)
        let counts = try workers.map(pieces.count) { piece in
            pieces[piece].reduce(0) { $0 + mask[$1].nonzeroBitCount }
        }
        let offsets = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        precondition(offsets[pieces.count] == values.count)
        try workers.forEach(pieces.count) { piece in
            let bytes = pieces[piece]
            clear(bytes.lowerBound * 8..<min(bytes.upperBound * 8, result.count))
            var next = offsets[piece]
            var byte = bytes.lowerBound
            // By words: a loop over few bits ends at unforeseeable places.
            while byte < bytes.upperBound {
                let isWord = byte + 8 <= bytes.upperBound
                var bits =
                    isWord
                    ? UnsafeRawPointer(mask.baseAddress! + byte).loadUnaligned(as: UInt64.self).littleEndian
                    : UInt64(mask[byte])
                while bits != 0 {
                    let position = byte * 8 + bits.trailingZeroBitCount
                    precondition(position < result.count)
                    result[position] = values[next]
                    next += 1
                    bits &= bits - 1
                }
                byte += isWord ? 8 : 1
            }
        }
    }

    func spaced(_ gaps: UnsafeBufferPointer<UInt8>) throws {
        nonisolated(unsafe) let gaps = gaps
        let zeroes = Pieces(of: result.count, each: 1 << 20)
        try workers.forEach(zeroes.count) { clear(zeroes[$0]) }
        let pieces = Pieces(of: gaps.count, each: 1 << 17)
        let advances = try workers.map(pieces.count) { piece in
            pieces[piece].reduce((elements: 0, values: 0)) { sum, index in
                gaps[index] == 255
                    ? (sum.elements + 255, sum.values)
                    : (sum.elements + Int(gaps[index]) + 1, sum.values + 1)
            }
        }
        let starts = advances.reduce(into: [(elements: 0, values: 0)]) { starts, piece in
            let last = starts.last!
            starts.append((last.elements + piece.elements, last.values + piece.values))
        }
        precondition(starts[pieces.count].values == values.count)
        precondition(starts[pieces.count].elements <= result.count)
        try workers.forEach(pieces.count) { piece in
            var (position, next) = starts[piece]
            for index in pieces[piece] {
                position += Int(gaps[index])
                guard gaps[index] != 255 else { continue }
                result[position] = values[next]
                next += 1
                position += 1
            }
        }
    }

    func clear(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        (result.baseAddress! + range.lowerBound).update(repeating: .zero, count: range.count)
    }
}

/// The rows of a CSR matrix on their way to their places.
private struct ScatterByRow<Element: BitPattern>: IndexVisitor {
    let scatter: Scatter<Element>
    let columns: Int
    let rowPointers: [Int]

    func visit<Number: Index>(_ indices: UnsafeBufferPointer<Number>) throws {
        nonisolated(unsafe) let indices = indices
        let rowCount = rowPointers.count - 1
        precondition(rowCount * columns == scatter.result.count && indices.count == scatter.values.count)
        let pieces = Pieces(of: rowCount, each: max(1, (1 << 20) / max(columns, 1)))
        try scatter.workers.forEach(pieces.count) { piece in
            for row in pieces[piece] {
                scatter.clear(row * columns..<(row + 1) * columns)
                let range = rowPointers[row]..<rowPointers[row + 1]
                precondition(range.upperBound <= scatter.values.count)
                for index in range {
                    let column = Int(truncatingIfNeeded: indices[index])
                    precondition(column < columns)
                    scatter.result[row * columns + column] = scatter.values[index]
                }
            }
        }
    }
}
