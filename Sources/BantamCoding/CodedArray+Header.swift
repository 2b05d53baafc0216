// Why: a reader checks everything a coded array claims against what it holds before it allocates a byte.

import BantamTensors

extension CodedArray {
    /// What a coded array says of itself, checked as far as it can be without decoding.
    public struct Header: Sendable {
        /// The coder's identifier; see ``Coders``.
        public var coder: UInt8
        /// What the raw bytes are.
        public var dtype: DType
        /// How the bytes of each block were rearranged before coding.
        public var arrangement: Arrangement
        /// The raw bytes of every block but the last: a power of two.
        public var blockByteCount: Int
        /// The raw bytes.
        public var rawByteCount: Int
        /// The XXH3-64 of the raw bytes; of a single block only the low half, the rest zero.
        var checksum: UInt64
        /// The bytes before the table.
        var byteCount: Int

        /// The number of blocks, at least one.
        public var blockCount: Int { (rawByteCount - 1) / blockByteCount + 1 }
        /// The bytes of the table of blocks.
        var tableByteCount: Int { blockCount > 1 ? 4 * blockCount : 0 }

        /// The part of a checksum that the container keeps.
        func kept(_ checksum: Checksum) -> UInt64 {
            blockCount > 1 ? checksum.value : checksum.value & 0xffff_ffff
        }
    }

    /// The shortest and the longest block, as logarithms.
    static let blockLogarithms = 10...30

    /// Reads the header of a coded array.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` or `insufficientData` if it is none.
    public static func header(of bytes: UnsafeRawBufferPointer) throws -> Header {
        guard bytes.count >= 9 else {
            throw BantamError(
                .insufficientData, "coded array: expected at least 9 bytes, found \(bytes.count)")
        }
        guard let dtype = DType(code: bytes[1]) else {
            throw BantamError(.corruption, "coded array: expected a dtype's number, found \(bytes[1])")
        }
        let logarithm = Int(bytes[2] & 31)
        guard blockLogarithms.contains(logarithm), bytes[2] & 128 == 0 else {
            throw BantamError(
                .corruption, "coded array: expected blocks of 2^10 to 2^30 bytes, found layout \(bytes[2])")
        }
        let (rawByteCount, afterCount) = try variableLengthNumber(in: bytes, at: 3)
        guard rawByteCount > 0 else {
            throw BantamError(.corruption, "coded array: expected at least one raw byte, found none")
        }
        var header = Header(
            coder: bytes[0], dtype: dtype,
            arrangement: Arrangement(differences: bytes[2] & 64 != 0, bytePlanes: bytes[2] & 32 != 0),
            blockByteCount: 1 << logarithm, rawByteCount: rawByteCount, checksum: 0, byteCount: 0)
        let checksumBytes = header.blockCount > 1 ? 8 : 4
        header.byteCount = afterCount + checksumBytes
        guard header.byteCount <= bytes.count, header.blockCount <= (bytes.count - header.byteCount) else {
            throw BantamError(
                .insufficientData,
                "coded array: expected \(header.blockCount) blocks, found \(bytes.count) bytes in all")
        }
        for index in 0..<checksumBytes {
            header.checksum |= UInt64(bytes[afterCount + index]) << (8 * UInt64(index))
        }
        return header
    }

    /// A block of a coded array.
    struct Block: Sendable {
        /// Where the block's bytes stand in the container.
        var stored: Range<Int>
        /// Where its raw bytes stand in the array.
        var raw: Range<Int>
        /// Whether the stored bytes are the raw ones.
        var isRaw: Bool
    }

    /// The blocks of a coded array, known to tile its bytes exactly and to claim no more than `coder` can code.
    static func blocks(of bytes: UnsafeRawBufferPointer, _ header: Header, _ coder: any Coder) throws
        -> [Block]
    {
        let start = header.byteCount
        guard header.blockCount > 1 else {
            let block = Block(stored: start..<bytes.count, raw: 0..<header.rawByteCount, isRaw: false)
            try check(block, 0, coder)
            return [block]
        }
        guard header.tableByteCount <= bytes.count - start else {
            throw BantamError(
                .insufficientData,
                "coded array: expected a table of \(header.blockCount) blocks, found \(bytes.count - start) bytes"
            )
        }
        var blocks: [Block] = []
        blocks.reserveCapacity(header.blockCount)
        var offset = start + header.tableByteCount
        for index in 0..<header.blockCount {
            let entry = UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self))
            let size = Int(entry & ~rawBlockMark)
            guard size <= bytes.count - offset else {
                throw BantamError(
                    .insufficientData,
                    "coded array: expected \(size) bytes for block \(index), found \(bytes.count - offset)")
            }
            let first = index * header.blockByteCount
            let block = Block(
                stored: offset..<offset + size,
                raw: first..<first + min(header.blockByteCount, header.rawByteCount - first),
                isRaw: entry & rawBlockMark != 0)
            try check(block, index, coder)
            blocks.append(block)
            offset += size
        }
        guard offset == bytes.count else {
            throw BantamError(.corruption, "coded array: expected \(offset) bytes, found \(bytes.count)")
        }
        return blocks
    }

    private static func check(_ block: Block, _ index: Int, _ coder: any Coder) throws {
        let (stored, raw) = (block.stored.count, block.raw.count)
        if block.isRaw ? stored != raw : stored >= raw || stored <= raw / coder.maximumExpansion {
            throw BantamError(
                .corruption,
                "coded array: block \(index) of \(raw) raw bytes cannot be \(stored) bytes stored")
        }
    }

    /// An unsigned LEB128 number in its shortest form.
    private static func variableLengthNumber(
        in bytes: UnsafeRawBufferPointer, at start: Int
    ) throws -> (number: Int, end: Int) {
        var number = 0
        for index in 0..<9 where start + index < bytes.count {
            let byte = bytes[start + index]
            number |= Int(byte & 127) << (7 * index)
            if byte < 128 {
                guard byte > 0 || index == 0 else { break }
                return (number, start + index + 1)
            }
        }
        throw BantamError(.corruption, "coded array: expected its raw size, found no number")
    }

    /// The bytes of a header.
    static func serialized(_ header: Header) -> [UInt8] {
        var layout = UInt8(header.blockByteCount.trailingZeroBitCount)
        if header.arrangement.bytePlanes { layout |= 32 }
        if header.arrangement.differences { layout |= 64 }
        var bytes = [header.coder, header.dtype.code, layout]
        var rest = header.rawByteCount
        repeat {
            bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
            rest >>= 7
        } while rest > 0
        for index in 0..<(header.blockCount > 1 ? 8 : 4) {
            bytes.append(UInt8(truncatingIfNeeded: header.checksum >> (8 * UInt64(index))))
        }
        return bytes
    }
}
