// Why: sorting a block by context instead of looking for repeats is another idea than deflate's, and at hand
// everywhere.

import BantamTensors
import CBzip2

/// bzip2 streams, one a block, through the system's libbz2.
///
/// Source: J. Seward, bzip2, 1996; M. Burrows and D. J. Wheeler, "A block-sorting lossless data compression
/// algorithm", 1994.
public struct Bzip2Coder: Coder {
    /// The level: bzip2 sorts this many times 100 000 bytes at once.
    public let level: Int

    /// The levels users can ask for.
    public static let levels = 1...9
    /// The level `bzip2` alone means: bzip2's own default.
    public static let defaultLevel = 9

    /// A coder of a level in ``levels``.
    public init(level: Int = defaultLevel) {
        precondition(Bzip2Coder.levels.contains(level))
        self.level = level
    }

    /// The coder a user means by `bzip2:PARAMETER`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` unless it is a level.
    init(parameter: String?) throws {
        let level = try parameter.map { try compressionLevel($0, of: "bzip2", in: Bzip2Coder.levels) }
        self.init(level: level ?? Bzip2Coder.defaultLevel)
    }

    /// `bzip2` at the default level, else `bzip2:LEVEL`.
    public var name: String { level == Bzip2Coder.defaultLevel ? "bzip2" : "bzip2:\(level)" }
    /// 3.
    public var identifier: UInt8 { 3 }

    /// Blocks of 1 MiB stay below it, because no stream is shorter than 36 bytes.
    ///
    /// Those are 14 for its header and end, and in each of bzip2's blocks 80 bits of magic number and checksum,
    /// 25 of flag and origin, 32 of used bytes, 19 of counts of tables and selectors and one selector, and two
    /// tables of at least three symbols in 8 bits each. bzip2 itself would go on, to 46 MB in a few bytes more;
    /// a larger block that shrinks so far stands raw.
    public var maximumExpansion: Int { 32768 }

    /// Some ten MB/s.
    public var decodingCost: DecodingCost { .slow }

    /// All that can help the dtype.
    public func arrangements(of dtype: DType) -> [Arrangement] { Arrangement.candidates(for: dtype) }

    /// One stream.
    ///
    /// - Complexity: O(bytes · log bytes).
    public func encode(_ block: UnsafeRawBufferPointer, _: BlockContext) throws -> [UInt8]? {
        guard block.count > 1, var size = UInt32(exactly: block.count - 1) else { return nil }
        return try withUnsafeTemporaryAllocation(byteCount: block.count - 1, alignment: 16) { scratch in
            let status = BZ2_bzBuffToBuffCompress(
                scratch.baseAddress?.assumingMemoryBound(to: CChar.self), &size, Bzip2Coder.input(block),
                UInt32(block.count), Int32(level), 0, 0)
            switch status {
            case BZ_OK: return Array(scratch[..<Int(size)])
            case BZ_OUTBUFF_FULL: return nil
            default: throw BantamError(.internal, "bzip2: coding failed (status \(status))")
            }
        }
    }

    /// Decodes one stream of exactly the block's size, to the last of its bytes.
    ///
    /// - Complexity: O(bytes). Beside the block libbz2 takes up to 4 MB, whatever the stream claims.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        guard let available = UInt32(exactly: bytes.count), let room = UInt32(exactly: block.count) else {
            throw BantamError(.corruption, "bzip2: expected less than 4 GiB, found \(block.count) bytes")
        }
        // Not BZ2_bzBuffToBuffDecompress, which does not tell of bytes after the stream.
        var stream = bz_stream()
        let started = BZ2_bzDecompressInit(&stream, 0, 0)
        guard started == BZ_OK else {
            throw BantamError(.internal, "bzip2: cannot be started (status \(started))")
        }
        defer { BZ2_bzDecompressEnd(&stream) }
        stream.next_in = Bzip2Coder.input(bytes)
        stream.avail_in = available
        stream.next_out = block.baseAddress?.assumingMemoryBound(to: CChar.self)
        stream.avail_out = room
        let status = BZ2_bzDecompress(&stream)
        guard status == BZ_STREAM_END, stream.avail_out == 0, stream.avail_in == 0 else {
            throw BantamError(
                .corruption,
                "bzip2: expected \(block.count) bytes from \(bytes.count), found \(room - stream.avail_out) "
                    + "from \(available - stream.avail_in) (status \(status))")
        }
    }

    /// libbz2 takes its input as a pointer it could write through; it does not.
    private static func input(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<CChar>? {
        UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
    }
}
