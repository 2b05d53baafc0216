import BantamTensors

/// Ranks the values of many tensors together: how many zeros each gets so that all of them together have
/// exactly the share wanted. ``Prune`` with ``Prune/Amount/zeros(_:)`` then does it, tensor by tensor.
public enum GlobalPruning {
    /// How many zeros each of `count` tensors gets so that together exactly round(sparsity · elements), ties
    /// of the rounding to even, are zero.
    ///
    /// The smallest magnitudes of all tensors go first, of equal ones those of the first tensor; zeros that are
    /// there count. Tensors may be of different float types and are compared by value, exactly.
    ///
    /// - Parameter tensor: the tensor of an index. Each is asked for a few times and never held beside another.
    /// - Complexity: O(elements): three rounds over all tensors, five if one is float64.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a sparsity outside 0…1 and for tensors that are
    ///   not of floats; what `tensor` throws.
    public static func zeros(
        sparsity: Double, tensors count: Int, tensor: (Int) throws -> Tensor
    ) throws -> [Int] {
        try Prune.check(sparsity: sparsity)
        let survey = try Survey(count, tensor)
        return try zeros(Prune.zeros(sparsity, of: survey.elements), survey, count, tensor)
    }

    /// The same for a number of zeros.
    static func zeros(total: Int, tensors count: Int, tensor: (Int) throws -> Tensor) throws -> [Int] {
        let survey = try Survey(count, tensor)
        guard total <= survey.elements else {
            throw BantamError(.invalidArgument, "expected at most \(survey.elements) zeros, found \(total)")
        }
        return try zeros(total, survey, count, tensor)
    }

    /// What has to be known before counting: how many elements, and which float type holds them all exactly.
    private struct Survey {
        var elements = 0
        var needsDouble = false

        init(_ count: Int, _ tensor: (Int) throws -> Tensor) throws {
            for index in 0..<count {
                let tensor = try tensor(index)
                try tensor.requireRealFloat()
                elements += tensor.elementCount
                needsDouble = needsDouble || tensor.dtype == .float64
            }
        }
    }

    private static func zeros(
        _ total: Int, _ survey: Survey, _ count: Int, _ tensor: (Int) throws -> Tensor
    ) throws -> [Int] {
        if survey.needsDouble {
            return try zeros(total, count, UInt64.self) { try tensor($0).float64() }
        }
        return try zeros(total, count, UInt32.self) { try tensor($0).float32() }
    }

    private static func zeros<Bits: MagnitudeBits>(
        _ total: Int, _ count: Int, _ type: Bits.Type, _ tensor: (Int) throws -> Tensor
    ) throws -> [Int] {
        guard total > 0 else { return [Int](repeating: 0, count: count) }
        var selection = RadixSelection<Bits>(rank: total - 1)
        while !selection.isDone {
            var counts = [Int](repeating: 0, count: 1 << RadixSelection<Bits>.digitBits)
            for index in 0..<count {
                try tensor(index).withElements(as: Bits.self) { selection.count($0, into: &counts) }
            }
            selection.narrow(by: counts)
        }
        let cut = selection.cut
        var ties = cut.ties
        return try (0..<count).map { index in
            let counts = try tensor(index).withElements(as: Bits.self) { Bits.count($0, at: cut.threshold) }
            let taken = min(counts.equal, ties)
            ties -= taken
            return counts.below + taken
        }
    }
}

extension Tensor {
    /// The elements of a float tensor as float64, exactly.
    fileprivate func float64() throws -> Tensor {
        if dtype == .float64 { return self }
        return try float32().withElements(as: Float.self) { source in
            Tensor(.float64, shape, as: Double.self) { result in
                for index in source.indices { result[index] = Double(source[index]) }
            }
        }
    }
}
