import BantamTensors

// From a matrix and the knowledge of its equal rows.

extension RepeatedRows {
    /// The distinct rows of `tensor` and where they stand.
    ///
    /// - Parameters:
    ///   - tensor: of rank 2 or more, with rows of whole bytes.
    ///   - repeats: what becomes of ``repeats``, in the narrowest type that holds it.
    /// - Complexity: O(bytes); the distinct rows are copied.
    public init(of tensor: Tensor, repeats: [UInt32], workers: Workers) {
        let columns = tensor.shape.matrixForm?.columns ?? 0
        guard let rowByteCount = Tensor.byteCount(tensor.dtype, [columns]), columns > 0 else {
            preconditionFailure("\(tensor.dtype.rawValue) \(tensor.shape) has no rows of whole bytes")
        }
        let firsts = repeats.indices.filter { repeats[$0] == 0 }
        let pieces = Pieces(of: firsts.count, each: max(1, RepeatedRows.pieceByteCount / rowByteCount))
        let storage = Storage(byteCount: firsts.count * rowByteCount) { result in
            let (rows, target) = (SharedBytes(tensor.storage.bytes), Shared(result.baseAddress!))
            // Copying cannot fail.
            try? workers.forEach(pieces.count) { piece in
                for index in pieces[piece] {
                    let row = firsts[index] * rowByteCount
                    (target.pointer + index * rowByteCount).copyMemory(
                        from: rows.bytes.baseAddress! + row, byteCount: rowByteCount)
                }
                let (first, last) = (firsts[pieces[piece].lowerBound], firsts[pieces[piece].upperBound - 1])
                tensor.storage.letGo(
                    of: UnsafeRawBufferPointer(
                        rebasing: rows.bytes[first * rowByteCount..<(last + 1) * rowByteCount]))
            }
        }
        withExtendedLifetime(tensor) {}
        self.init(
            distinct: Tensor(tensor.dtype, [firsts.count, columns], storage),
            repeats: RepeatedRows.narrowed(repeats))
    }

    private static func narrowed(_ repeats: [UInt32]) -> Tensor {
        let dtype = DType.smallestUnsigned(holding: Int(repeats.max() ?? 0))
        switch dtype {
        case .uint8: return Tensor(dtype, [repeats.count], repeats.map { UInt8($0) })
        case .uint16: return Tensor(dtype, [repeats.count], repeats.map { UInt16($0) })
        default: return Tensor(.uint32, [repeats.count], repeats)
        }
    }
}
