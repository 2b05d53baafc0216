import BantamEncodings
import BantamTensors

// How many stored values fall into each slice of axis 0: what a scale per channel needs of a sparse tensor.

extension Sparse {
    /// The number of stored values in each slice of axis 0, `[axis 0]`.
    ///
    /// - Complexity: O(elements / 8) for a bit mask, O(positions) else.
    /// - Throws: ``BantamError`` of kind `corruption` if positions and shape contradict each other.
    func valuesPerSlice() throws -> [Int] {
        let slices = shape.axes.first ?? 1
        let length = slices == 0 ? 0 : shape.elementCount / slices
        var counts: [Int]
        switch positions {
        case .csr(let rowPointers, _):
            let pointers = try rowPointers.unsignedIntegers()
            guard pointers.count == slices + 1, pointers.first == 0 else {
                throw BantamError(
                    .corruption, "expected \(slices + 1) row pointers from 0, found \(pointers.count)")
            }
            counts = []
            for (start, end) in zip(pointers, pointers.dropFirst()) {
                guard start <= end else {
                    throw BantamError(
                        .corruption, "expected ascending row pointers, found \(end) after \(start)")
                }
                counts.append(end - start)
            }
        case .bitmask(let mask):
            counts = [Int](repeating: 0, count: slices)
            let mask = try mask.unsignedIntegers()
            guard mask.count == (shape.elementCount + 7) / 8 else {
                throw BantamError(
                    .corruption,
                    "expected a mask of \(shape.elementCount) bits, found \(mask.count) bytes")
            }
            for (byte, bits) in mask.enumerated() {
                var rest = bits
                while rest != 0 {
                    let element = byte * 8 + rest.trailingZeroBitCount
                    guard element < shape.elementCount else {
                        throw BantamError(
                            .corruption, "expected a mask of \(shape.elementCount) bits, found more")
                    }
                    counts[element / length] += 1
                    rest &= rest - 1
                }
            }
        case .relative(let gaps):
            counts = [Int](repeating: 0, count: slices)
            var element = 0
            for gap in try gaps.unsignedIntegers() {
                element += gap
                if gap == 255 { continue }
                guard element < shape.elementCount else {
                    throw BantamError(
                        .corruption, "expected positions below \(shape.elementCount), found \(element)")
                }
                counts[element / length] += 1
                element += 1
            }
        }
        let total = counts.reduce(0, +)
        guard total == values.shape.elementCount else {
            throw BantamError(
                .corruption, "expected \(total) values, found \(values.shape.elementCount)")
        }
        return counts
    }
}

extension Tensor {
    /// The elements of an unsigned integer tensor.
    fileprivate func unsignedIntegers() throws -> [Int] {
        switch dtype {
        case .uint8: return array(as: UInt8.self).map(Int.init)
        case .uint16: return array(as: UInt16.self).map(Int.init)
        case .uint32: return array(as: UInt32.self).map(Int.init)
        case .uint64:
            return try array(as: UInt64.self).map {
                guard let index = Int(exactly: $0) else {
                    throw BantamError(.corruption, "expected an index, found \($0)")
                }
                return index
            }
        default:
            throw BantamError(.corruption, "expected unsigned integers, found \(dtype.rawValue)")
        }
    }
}
