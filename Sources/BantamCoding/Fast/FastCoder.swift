import BantamTensors

/// Weights at the speed of memory: the exponents of floats or the high bits of integers are coded by rANS with a
/// table per block, the other bits stand raw.
///
/// 128 interleaved states advance together, with AVX-512, AVX2 or plain code, to the same bytes.
/// `docs/coders/fast.md` specifies them. Integers wider than 16 bits and types of fewer than 8 are declined.
///
/// ```swift
/// var block = [UInt8](repeating: 0, count: raw.count)
/// let size = block.withUnsafeMutableBytes { FastCoder().encode(raw, of: .bfloat16, into: $0) }
/// ```
///
/// Source: J. Duda, "Asymmetric numeral systems", 2013; F. Giesen, "Interleaved entropy coders", 2014.
public struct FastCoder: Coder {
    /// The coder; it has no parameters.
    public init() {}

    /// The coder a user means by `fast`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if there is a parameter.
    init(parameter: String?) throws {
        if let parameter {
            throw BantamError(.invalidArgument, "fast: expected no parameter, found '\(parameter)'")
        }
    }

    /// `fast`.
    public var name: String { "fast" }
    /// 6.
    public var identifier: UInt8 { FastCoder.identifier }
    static let identifier: UInt8 = 6

    /// A repeated pattern of 33 bytes may stand for a block of 1 MiB.
    public var maximumExpansion: Int { 32768 }

    /// The speed of memory.
    public var decodingCost: DecodingCost { .memory }

    /// As they are: the planes are split while coding.
    public func arrangements(of dtype: DType) -> [Arrangement] { [.plain] }

    /// From 256 KiB to 1 MiB: less where scales change from row to row.
    public func blockByteCount(for bytes: UnsafeRawBufferPointer, of dtype: DType) -> Int {
        FastBlockSize.best(for: bytes, of: dtype)
    }

    /// The block coded, if that is shorter.
    public func encode(_ block: UnsafeRawBufferPointer, _ context: BlockContext) throws -> [UInt8]? {
        let coded = [UInt8](unsafeUninitializedCapacity: block.count) { buffer, count in
            count = encode(block, of: context.dtype, into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
        }
        return coded.isEmpty ? nil : coded
    }

    /// Encodes into memory of the caller's.
    ///
    /// - Parameters:
    ///   - block: the raw bytes of whole elements.
    ///   - dtype: what they are.
    ///   - result: at least as many bytes as the block; those beyond the code hold anything afterwards.
    /// - Returns: the bytes of the code, fewer than the block's; `nil` if it does not shrink or the coder does
    ///   not take the dtype.
    /// - Complexity: O(bytes).
    public func encode(
        _ block: UnsafeRawBufferPointer, of dtype: DType, into result: UnsafeMutableRawBufferPointer
    ) -> Int? {
        precondition(result.count >= block.count)
        if let size = FastPattern.encode(block, into: result) { return size }
        guard let encoder = FastEncoder(block, dtype) else { return nil }
        return encoder.encode(into: result)
    }

    /// Fills `block` with what was encoded.
    ///
    /// - Complexity: O(bytes).
    /// - Throws: ``BantamError`` of kind `corruption` if the bytes are no block of that dtype and size.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        if bytes.first == FastPattern.number {
            try FastPattern.decode(bytes, into: block)
        } else {
            try FastBlock(bytes, context.dtype, rawByteCount: block.count).decode(into: block)
        }
    }

    static func damaged(_ expected: String, _ found: String) -> BantamError {
        BantamError(.corruption, "fast: expected \(expected), found \(found)")
    }
}
