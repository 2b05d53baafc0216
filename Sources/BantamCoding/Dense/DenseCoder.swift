import BantamTensors

/// Weights with a table per element: the scale of an element's row and that of its column choose the frequencies
/// it is coded with.
///
/// Exponents and top mantissa bits of floats, or all magnitude bits of small integers, are coded by rANS; signs
/// and the other bits stand raw. The frequencies of up to 64 classes of scale follow from one shape, fitted to the
/// block. Unsigned integers are differences in buckets. `docs/coders/dense.md` specifies the bytes.
///
/// Source: J. Duda, "Asymmetric numeral systems", 2013; F. Giesen, "Interleaved entropy coders", 2014.
public struct DenseCoder: Coder {
    /// The coder; it has no parameters.
    public init() {}

    /// The coder a user means by `dense`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if there is a parameter.
    init(parameter: String?) throws {
        if let parameter {
            throw BantamError(.invalidArgument, "dense: expected no parameter, found '\(parameter)'")
        }
    }

    /// `dense`.
    public var name: String { "dense" }
    /// 7.
    public var identifier: UInt8 { DenseCoder.identifier }
    static let identifier: UInt8 = 7

    /// A repeated pattern of 33 bytes may stand for a block of 1 MiB.
    public var maximumExpansion: Int { 32768 }

    /// Some 2 GB a second for floats of 16 bits.
    public var decodingCost: DecodingCost { .quick }

    /// As they are: elements are split, and their differences taken, while coding.
    public func arrangements(of dtype: DType) -> [Arrangement] { [.plain] }

    /// The block coded, if that is shorter.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ block: UnsafeRawBufferPointer, _ context: BlockContext) throws -> [UInt8]? {
        let pattern = [UInt8](unsafeUninitializedCapacity: 1 + FastPattern.period) { buffer, count in
            count = FastPattern.encode(block, into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
        }
        if !pattern.isEmpty { return pattern }
        let family = DenseFamily(context.dtype)
        guard 1...DenseCoder.longestBlock ~= block.count, block.count % family.width == 0 else { return nil }
        let numbers = family.numbers.flatMap { DenseNumberEncoder(block, $0, context) }
        var coded = numbers?.encode
        if family.isInteger {
            // Of signed integers too, if these are few or rise.
            let limit = numbers?.byteCount ?? block.count
            let steps: [DenseIndexModel.Step] =
                numbers == nil ? [.none, .folded, .modulo, .foldedDifference] : [.folded]
            coded = DenseIndexEncoder(block, width: family.width, steps: steps, below: limit)?.encode ?? coded
        }
        guard let coded = coded?(), coded.count < block.count else { return nil }
        return coded
    }

    /// Fills `block` with what was encoded.
    ///
    /// - Complexity: O(bytes). Takes up to 2 MiB of memory for tables, and one byte for each row and column.
    /// - Throws: ``BantamError`` of kind `corruption` if the bytes are no block of that dtype and size.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        if bytes.first == FastPattern.number, bytes.count == 1 + FastPattern.period,
            FastPattern.period + 2...FastPattern.longestBlock ~= block.count
        {
            return try FastPattern.decode(bytes, into: block)
        }
        let family = DenseFamily(context.dtype)
        guard 1...DenseCoder.longestBlock ~= block.count, block.count % family.width == 0 else {
            throw DenseCoder.damaged("whole elements of \(context.dtype.rawValue)", "\(block.count) bytes")
        }
        let count = block.count / family.width
        let mark = bytes.first.map { $0 & ~DenseFrame.manyLanesMark }
        if mark == DenseFrame.numbersMark, let format = family.numbers {
            try DenseNumberDecoder(bytes, format, context, count: count).decode(into: block)
        } else if mark == DenseFrame.indicesMark, family.isInteger {
            try DenseIndexDecoder(bytes, width: family.width, count: count).decode(into: block)
        } else {
            throw DenseCoder.damaged("a block of \(context.dtype.rawValue)", "one of another kind")
        }
    }

    /// Longer ones are declined.
    static let longestBlock = 1 << 30

    static func damaged(_ expected: String, _ found: String) -> BantamError {
        BantamError(.corruption, "dense: expected \(expected), found \(found)")
    }
}
