// Why: deflate is what gzip, zip and PNG hold; no coder is known to more programs.

import BantamTensors
import CZlib

/// Raw DEFLATE streams (RFC 1951), one a block, through the system's zlib.
///
/// There is no zlib or gzip wrapper around a stream, because the coded array has a size and a checksum.
public struct ZlibCoder: Coder {
    /// The level: 1 is fast, 9 is small.
    public let level: Int

    /// The levels users can ask for.
    public static let levels = 1...9
    /// The level `zlib` alone means: zlib's own default.
    public static let defaultLevel = 6

    /// No wrapper around the stream, and references up to 2^15 bytes back.
    private static let rawWindowBits: Int32 = -15

    /// A coder of a level in ``levels``.
    public init(level: Int = defaultLevel) {
        precondition(ZlibCoder.levels.contains(level))
        self.level = level
    }

    /// The coder a user means by `zlib:PARAMETER`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` unless it is a level.
    init(parameter: String?) throws {
        let level = try parameter.map { try compressionLevel($0, of: "zlib", in: ZlibCoder.levels) }
        self.init(level: level ?? ZlibCoder.defaultLevel)
    }

    /// `zlib` at the default level, else `zlib:LEVEL`.
    public var name: String { level == ZlibCoder.defaultLevel ? "zlib" : "zlib:\(level)" }
    /// 2.
    public var identifier: UInt8 { 2 }

    /// A match gives at most 258 bytes and takes at least one bit each for its length and its distance: four
    /// matches a byte.
    public var maximumExpansion: Int { 1032 }

    /// A few hundred MB/s.
    public var decodingCost: DecodingCost { .moderate }

    /// All that can help the dtype.
    public func arrangements(of dtype: DType) -> [Arrangement] { Arrangement.candidates(for: dtype) }

    /// One stream.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ block: UnsafeRawBufferPointer, _: BlockContext) throws -> [UInt8]? {
        guard block.count > 1, let size = uInt(exactly: block.count) else { return nil }
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, Int32(level), Z_DEFLATED, ZlibCoder.rawWindowBits, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw ZlibCoder.startingFailed(status) }
        defer { deflateEnd(&stream) }
        return withUnsafeTemporaryAllocation(byteCount: block.count - 1, alignment: 16) { scratch in
            stream.next_in = ZlibCoder.input(block)
            stream.avail_in = size
            stream.next_out = scratch.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.avail_out = size - 1
            // Anything but the end of the stream is want of room: the block does not shrink.
            guard deflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
            return Array(scratch[..<(scratch.count - Int(stream.avail_out))])
        }
    }

    /// Decodes one stream of exactly the block's size, to the last of its bytes.
    ///
    /// - Complexity: O(bytes).
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        guard let available = uInt(exactly: bytes.count), let room = uInt(exactly: block.count) else {
            throw BantamError(.corruption, "zlib: expected less than 4 GiB, found \(block.count) bytes")
        }
        var stream = z_stream()
        let started = inflateInit2_(
            &stream, ZlibCoder.rawWindowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw ZlibCoder.startingFailed(started) }
        defer { inflateEnd(&stream) }
        stream.next_in = ZlibCoder.input(bytes)
        stream.avail_in = available
        stream.next_out = block.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.avail_out = room
        let status = inflate(&stream, Z_FINISH)
        guard status == Z_STREAM_END else {
            let detail = stream.msg.map { String(cString: $0) } ?? "no end within the block"
            throw BantamError(.corruption, "zlib: expected a stream of \(block.count) bytes, found \(detail)")
        }
        guard stream.avail_out == 0, stream.avail_in == 0 else {
            throw BantamError(
                .corruption,
                "zlib: expected \(block.count) bytes from \(bytes.count), "
                    + "found \(room - stream.avail_out) from \(available - stream.avail_in)")
        }
    }

    /// zlib takes its input as a pointer it could write through; it does not.
    private static func input(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<Bytef>? {
        UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: Bytef.self))
    }

    private static func startingFailed(_ status: Int32) -> BantamError {
        BantamError(.internal, "zlib: cannot be started (status \(status))")
    }
}
