// Why: zstd is the general-purpose coder every platform can read; the one coder of version 1.

import BantamTensors
import CZstd

/// Zstandard frames (RFC 8878), one a block, through the system's libzstd.
///
/// The frame carries its content size and no checksum of its own, because the coded array has one.
public struct ZstdCoder: Coder {
    /// The level: 1 is fast, 22 is small.
    public let level: Int
    private let contexts = ZstdContexts()

    /// The levels users can ask for.
    public static let levels = 1...22
    /// The level `zstd` alone means. Weights, codes and gaps hold next to no repeated strings: what zstd gains
    /// on them is entropy coding, which level 1 does as well as the others and much faster.
    public static let defaultLevel = 1

    /// A coder of a level in ``levels``.
    public init(level: Int = defaultLevel) {
        precondition(ZstdCoder.levels.contains(level))
        self.level = level
    }

    /// The coder a user means by `zstd:PARAMETER`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` unless it is a level.
    init(parameter: String?) throws {
        let level = try parameter.map { try compressionLevel($0, of: "zstd", in: ZstdCoder.levels) }
        self.init(level: level ?? ZstdCoder.defaultLevel)
    }

    /// `zstd` at the default level, else `zstd:LEVEL`.
    public var name: String { level == ZstdCoder.defaultLevel ? "zstd" : "zstd:\(level)" }
    /// 1.
    public var identifier: UInt8 { 1 }

    /// A zstd block of 128 KiB takes no fewer than four bytes.
    public var maximumExpansion: Int { 32768 }

    /// 1 to 3 GB/s, whatever the level.
    public var decodingCost: DecodingCost { .quick }

    /// All that can help the dtype.
    public func arrangements(of dtype: DType) -> [Arrangement] { Arrangement.candidates(for: dtype) }

    /// One frame.
    public func encode(_ block: UnsafeRawBufferPointer, _: BlockContext) throws -> [UInt8]? {
        guard block.count > 1 else { return nil }
        let context = contexts.takeCompressor()
        defer { contexts.giveBack(compressor: context) }
        ZSTD_CCtx_setParameter(context.pointer, ZSTD_c_compressionLevel, Int32(level))
        return try withUnsafeTemporaryAllocation(
            byteCount: ZSTD_compressBound(block.count), alignment: 16
        ) { scratch in
            let size = ZSTD_compress2(
                context.pointer, scratch.baseAddress, scratch.count, block.baseAddress, block.count)
            guard ZSTD_isError(size) == 0 else {
                throw BantamError(.internal, "zstd: \(String(cString: ZSTD_getErrorName(size)))")
            }
            return size < block.count ? Array(scratch[..<size]) : nil
        }
    }

    /// Decodes one frame of exactly the block's size.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        let promised = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        guard promised == UInt64(block.count) else {
            throw BantamError(.corruption, "zstd: expected a frame of \(block.count) bytes, found another")
        }
        let context = contexts.takeDecompressor()
        defer { contexts.giveBack(decompressor: context) }
        let size = ZSTD_decompressDCtx(
            context.pointer, block.baseAddress, block.count, bytes.baseAddress, bytes.count)
        guard ZSTD_isError(size) == 0 else {
            throw BantamError(.corruption, "zstd: \(String(cString: ZSTD_getErrorName(size)))")
        }
        guard size == block.count else {
            throw BantamError(.corruption, "zstd: expected \(block.count) bytes, found \(size)")
        }
    }
}
