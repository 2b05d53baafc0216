import BantamTensors

/// A lossless coder of blocks of bytes.
///
/// A coder is a value with its parameters. It sees one block at a time, so that any block decodes alone and
/// threads can share a tensor; ``CodedArray`` does the cutting, the table of blocks and the checksum. A new
/// coder is one file with its type and one line in ``Coders``.
public protocol Coder: Sendable {
    /// What users write: `zstd`, `zstd:19`.
    var name: String { get }
    /// The number that stands in a coded array for this coder; parameters only the encoder needs are not in it.
    var identifier: UInt8 { get }
    /// The most raw bytes that one coded byte of a block can stand for: a reader refuses a block that claims
    /// more before it allocates anything.
    var maximumExpansion: Int { get }

    /// The most raw bytes of a block that suit this coder: a power of two.
    var blockByteCount: Int { get }

    /// The raw bytes of a block that suit an array: a power of two, at most ``blockByteCount``.
    func blockByteCount(for bytes: UnsafeRawBufferPointer, of dtype: DType) -> Int

    /// Roughly how long decoding takes, for choosing between coders.
    var decodingCost: DecodingCost { get }

    /// How the bytes of an array are worth rearranging before this coder sees them, the simplest first.
    func arrangements(of dtype: DType) -> [Arrangement]

    /// The block in fewer bytes, or `nil` if it does not shrink.
    ///
    /// - Parameters:
    ///   - block: the raw bytes of whole elements.
    ///   - context: what the bytes are and where in the array they stand.
    func encode(_ block: UnsafeRawBufferPointer, _ context: BlockContext) throws -> [UInt8]?

    /// Fills `block` with what was encoded in the same context.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if the bytes are not what this coder wrote for a block of
    ///   that size. Never reads or writes outside the buffers.
    func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws
}

extension Coder {
    /// 1 MiB.
    public var blockByteCount: Int { CodedArray.defaultBlockByteCount }

    /// The same for all arrays.
    public func blockByteCount(for bytes: UnsafeRawBufferPointer, of dtype: DType) -> Int { blockByteCount }
}
