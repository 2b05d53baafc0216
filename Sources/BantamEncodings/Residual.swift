import BantamTensors

/// What remains of a tensor when one that resembles it is known: the earlier checkpoint it was trained from.
///
/// Elements are taken as unsigned integers, their bit patterns, so the way back is exact for every value, NaN
/// included. Of a fine-tuned float the sign, the exponent and the first digits are mostly those of the base, and
/// both kinds of residual have zeros there, which coders find.
public enum Residual: String, Sendable, CaseIterable {
    /// The difference of the bit patterns modulo 2^bits, zigzagged: 0, −1, 1, −2, 2 become 0, 1, 2, 3, 4. A step
    /// over a power of two stays a small number.
    case difference
    /// The exclusive or of the bit patterns. Where few bits differ, few are set.
    case xor

    /// The elements of a residual: unsigned integers as wide as those of the tensor; `nil` where elements do not
    /// fill 8, 16, 32 or 64 bits.
    public static func dtype(of dtype: DType) -> DType? {
        switch dtype.bitWidth {
        case 8: .uint8
        case 16: .uint16
        case 32: .uint32
        case 64: .uint64
        default: nil
        }
    }

    /// The residual of `tensor`, in its shape.
    ///
    /// - Parameters:
    ///   - tensor: of a dtype that ``dtype(of:)`` knows.
    ///   - base: of the same dtype and shape.
    /// - Complexity: O(elements).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if one is of another dtype or shape.
    public func taken(of tensor: Tensor, from base: Tensor, workers: Workers) throws -> Tensor {
        guard let dtype = Residual.dtype(of: tensor.dtype), base.dtype == tensor.dtype else {
            throw BantamError(
                .invalidArgument,
                "expected elements of 8, 16, 32 or 64 bits as in the base, found \(tensor.dtype.rawValue) and "
                    + base.dtype.rawValue)
        }
        return try map(tensor, base, to: dtype, workers, Taking())
    }

    /// The tensor of which `residual` was taken from `base`.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if the residual does not fit the base.
    public func added(_ residual: Tensor, to base: Tensor, workers: Workers) throws -> Tensor {
        guard let dtype = Residual.dtype(of: base.dtype), residual.dtype == dtype else {
            throw BantamError(
                .corruption,
                "expected a residual as wide as \(base.dtype.rawValue), found \(residual.dtype.rawValue)")
        }
        return try map(residual, base, to: base.dtype, workers, Adding())
    }

    /// Bytes that a thread works on at a time.
    private static let pieceByteCount = 1 << 20

    private func map(
        _ tensor: Tensor, _ base: Tensor, to dtype: DType, _ workers: Workers, _ step: some ResidualStep
    ) throws -> Tensor {
        guard tensor.shape == base.shape else {
            throw BantamError(
                .invalidArgument, "expected shape \(base.shape) as in the base, found \(tensor.shape)")
        }
        let count = tensor.byteCount
        let pieces = Pieces(of: count, each: Residual.pieceByteCount)
        let storage = try Storage(byteCount: count) { result in
            guard let start = result.baseAddress else { return }
            let shared = Shared(start)
            try workers.forEach(pieces.count) { piece in
                let range = pieces[piece]
                let (first, second) = (
                    UnsafeRawBufferPointer(rebasing: tensor.storage.bytes[range]),
                    UnsafeRawBufferPointer(rebasing: base.storage.bytes[range])
                )
                let target = shared.pointer + range.lowerBound
                switch dtype.bitWidth {
                case 8: step.run(self, first, second, into: target, as: UInt8.self)
                case 16: step.run(self, first, second, into: target, as: UInt16.self)
                case 32: step.run(self, first, second, into: target, as: UInt32.self)
                default: step.run(self, first, second, into: target, as: UInt64.self)
                }
                tensor.storage.letGo(of: first)
                base.storage.letGo(of: second)
            }
        }
        return withExtendedLifetime((tensor, base)) { Tensor(dtype, tensor.shape, storage) }
    }
}

/// One way between a tensor and its residual, for elements of any width.
private protocol ResidualStep: Sendable {
    func element<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word, differenceTo base: Word) -> Word
}

extension ResidualStep {
    /// One loop for each kind and width, which the compiler turns into vector instructions.
    @inline(__always)
    fileprivate func run<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ residual: Residual, _ words: UnsafeRawBufferPointer, _ base: UnsafeRawBufferPointer,
        into result: UnsafeMutableRawPointer, as _: Word.Type
    ) {
        let (words, base) = (words.bindMemory(to: Word.self), base.bindMemory(to: Word.self))
        let result = result.bindMemory(to: Word.self, capacity: words.count)
        switch residual {
        case .xor: for index in 0..<words.count { result[index] = words[index] ^ base[index] }
        case .difference:
            for index in 0..<words.count {
                result[index] = element(words[index], differenceTo: base[index])
            }
        }
    }
}

private struct Taking: ResidualStep {
    @inline(__always)
    func element<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word, differenceTo base: Word) -> Word {
        let difference = word &- base
        return (difference &<< 1) ^ (0 &- (difference &>> Word(Word.bitWidth - 1)))
    }
}

private struct Adding: ResidualStep {
    @inline(__always)
    func element<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word, differenceTo base: Word) -> Word {
        base &+ ((word &>> 1) ^ (0 &- (word & 1)))
    }
}
