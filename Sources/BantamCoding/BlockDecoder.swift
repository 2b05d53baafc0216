// Why: a large array goes through memory block by block, on its way to a file for one.

import BantamTensors

/// A coded array taken apart: any of its blocks can be decoded, from any thread.
public struct BlockDecoder: @unchecked Sendable {
    /// Where the blocks stand among the raw bytes: one after the other, at least one.
    public let ranges: [Range<Int>]
    private let bytes: UnsafeRawBufferPointer
    private let header: CodedArray.Header
    private let columns: Int
    private let coder: any Coder
    private let owner: Storage?
    private let blocks: [CodedArray.Block]

    /// Takes a coded array apart.
    ///
    /// - Parameters:
    ///   - bytes: the whole container, which has to stay where it is.
    ///   - dtype: what the array must be.
    ///   - byteCount: the bytes that the array must have.
    ///   - columns: what encoding was given.
    ///   - owner: the storage that `bytes` stand on.
    /// - Throws: ``BantamError`` of kind `corruption` or `insufficientData` if header or table of blocks are
    ///   damaged or those of another array, `compatibility` if the coder is unknown.
    public init(
        _ bytes: UnsafeRawBufferPointer, of dtype: DType, byteCount: Int, columns: Int = 0,
        owner: Storage? = nil
    ) throws {
        header = try CodedArray.header(of: bytes)
        guard header.dtype == dtype, header.rawByteCount == byteCount else {
            throw BantamError(
                .corruption,
                "coded array: expected \(byteCount) bytes of \(dtype.rawValue), "
                    + "found \(header.rawByteCount) of \(header.dtype.rawValue)")
        }
        coder = try Coders.identified(by: header.coder)
        blocks = try CodedArray.blocks(of: bytes, header, coder)
        ranges = blocks.map(\.raw)
        self.bytes = bytes
        self.columns = columns
        self.owner = owner
    }

    /// The bytes of a block in the container, to the first of which belongs what stands before it: together they
    /// are the container.
    public func storedBytes(_ index: Int) -> UnsafeRawBufferPointer {
        let range = blocks[index].stored
        return UnsafeRawBufferPointer(rebasing: bytes[(index == 0 ? 0 : range.lowerBound)..<range.upperBound])
    }

    /// Says that a block is not needed any more.
    public func letGo(of index: Int) { owner?.letGo(of: storedBytes(index)) }

    /// Decodes a block to memory of its size.
    ///
    /// - Complexity: O(bytes).
    /// - Throws: ``BantamError`` of kind `corruption` or `insufficientData` if the block is damaged. `target` is
    ///   then undefined.
    public func decode(_ index: Int, into target: UnsafeMutableRawBufferPointer) throws {
        let block = blocks[index]
        let stored = UnsafeRawBufferPointer(rebasing: bytes[block.stored])
        let context = BlockContext(header.dtype, columns: columns, byteOffset: block.raw.lowerBound)
        if block.isRaw {
            target.copyMemory(from: stored)
        } else if header.arrangement == .plain {
            try coder.decode(stored, context, into: target)
        } else {
            try withUnsafeTemporaryAllocation(byteCount: target.count, alignment: 16) { scratch in
                try coder.decode(stored, context, into: scratch)
                header.arrangement.undo(
                    UnsafeRawBufferPointer(scratch), width: header.dtype.alignment, into: target)
            }
        }
    }

    /// Checks what all blocks together decoded to.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if `found` is not the checksum of the raw bytes.
    public func check(_ found: Checksum) throws {
        let found = header.kept(found)
        guard found == header.checksum else {
            throw BantamError(
                .corruption,
                "coded array: expected checksum \(String(header.checksum, radix: 16)), "
                    + "found \(String(found, radix: 16))")
        }
    }
}
