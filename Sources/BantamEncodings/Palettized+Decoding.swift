import BantamTensors

/// From codes and values back to float32.
extension Palettized {
    /// The values that the codes stand for, as `float32` in the codes' shape.
    ///
    /// - Complexity: O(elements); sparse codes are first written out. The result does not depend on the workers.
    /// - Throws: ``BantamError`` of kind `corruption` if the parts do not fit each other, or a code is beyond the
    ///   values.
    public func decoded(workers: Workers) throws -> Tensor {
        try validate()
        let shape = codes.shape
        try MemoryLimit.check(shape.elementCount, elementsOf: 4)
        let codes = try codes.decoded(workers: workers)
        let values = try codebook.float32().array(as: Float.self)
        let count = valueCount
        // More than one group means fewer rows in each than there are, so this cannot overflow.
        let columns = shape.matrixForm?.columns ?? shape.elementCount
        let groupLength = max(1, groupCount == 1 ? shape.elementCount : (rowsPerGroup ?? 1) * columns)
        // A table of 256 takes any code, so that one beyond the values is found afterwards and harms nothing.
        let tables = (0..<groupCount).map { group in
            Array(values[group * count..<(group + 1) * count])
                + [Float](repeating: 0, count: 256 - count)
        }
        return try codes.withElements(as: UInt8.self) { codes in
            try Tensor(.float32, shape, as: Float.self) { result in
                nonisolated(unsafe) let buffers = (codes, result)
                let pieces = Pieces(of: codes.count, each: 1 << 18)
                try workers.forEach(pieces.count) { piece in
                    let (codes, result) = buffers
                    var start = pieces[piece].lowerBound
                    var largest: UInt8 = 0
                    while start < pieces[piece].upperBound {
                        let group = start / groupLength
                        let end = min(pieces[piece].upperBound, (group + 1) * groupLength)
                        tables[group].withUnsafeBufferPointer { table in
                            for index in start..<end {
                                largest = max(largest, codes[index])
                                result[index] = table[Int(codes[index])]
                            }
                        }
                        start = end
                    }
                    guard largest < count else {
                        throw BantamError(
                            .corruption,
                            "expected codes below the \(count) values of the palette, found \(largest)")
                    }
                }
            }
        }
    }

    /// Checks that codes and values fit each other; the codes themselves are looked at when they are decoded.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that says what was expected and what was found.
    public func validate() throws {
        if let rowsPerGroup, rowsPerGroup < 1 {
            throw BantamError(.corruption, "expected groups of at least 1 row, found \(rowsPerGroup)")
        }
        var dtype: DType?
        switch codes {
        case .dense(let codes): dtype = codes.dtype
        case .sparse(let sparse): if case .dense(let codes) = sparse.values { dtype = codes.dtype }
        case .quantized, .lowRank, .palettized, .trellisCoded: break
        }
        guard dtype == .uint8 else {
            throw BantamError(.corruption, "expected uint8 codes of a palette, found \(codes.summary) ones")
        }
        guard codebook.dtype == .float32 || codebook.dtype == .float16, codebook.shape.rank == 1 else {
            throw BantamError(
                .corruption,
                "expected a palette of float32 or float16 along one axis, found \(codebook.dtype.rawValue) "
                    + "\(codebook.shape)")
        }
        guard codebook.elementCount % groupCount == 0, 1...256 ~= codebook.elementCount / groupCount else {
            throw BantamError(
                .corruption,
                "expected 1 to 256 values for each of \(groupCount) groups of rows, found \(codebook.elementCount)"
            )
        }
    }

    /// Whether the code 0 stands for the number 0 everywhere, so that codes may be sparse.
    public var zeroIsZero: Bool {
        guard let values = try? codebook.float32().array(as: Float.self), valueCount > 0 else { return false }
        return stride(from: 0, to: values.count, by: valueCount).allSatisfy { values[$0] == 0 }
    }
}
