// Why: repeats without entropy coding, as fast to read as memory is to copy; for pruned and constant arrays.

import BantamTensors
import CLZ4

/// LZ4 blocks without a frame, one a block, through the system's liblz4.
///
/// Source: Y. Collet, "LZ4 Block Format Description".
public struct LZ4Coder: Coder {
    /// How hard LZ4HC looks for repeats: 1 is fast, 12 is small. `nil` is the fast coder, which is another one.
    public let level: Int?

    /// The levels users can ask for.
    public static let levels = 1...12

    /// The fast coder, or LZ4HC with a level in ``levels``. Both write the same format.
    public init(level: Int? = nil) {
        precondition(level.map(LZ4Coder.levels.contains) ?? true)
        self.level = level
    }

    /// The coder a user means by `lz4:PARAMETER`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` unless it is a level.
    init(parameter: String?) throws {
        self.init(level: try parameter.map { try compressionLevel($0, of: "lz4", in: LZ4Coder.levels) })
    }

    /// `lz4` for the fast coder, else `lz4:LEVEL`.
    public var name: String { level.map { "lz4:\($0)" } ?? "lz4" }
    /// 4.
    public var identifier: UInt8 { 4 }

    /// A byte of a length adds at most 255 to it; a token and its offset give fewer for their three.
    public var maximumExpansion: Int { 255 }

    /// Repeats are copies.
    public var decodingCost: DecodingCost { .memory }

    /// All that can help the dtype.
    public func arrangements(of dtype: DType) -> [Arrangement] { Arrangement.candidates(for: dtype) }

    /// One LZ4 block.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ block: UnsafeRawBufferPointer, _: BlockContext) throws -> [UInt8]? {
        guard block.count > 1, block.count <= Int(LZ4_MAX_INPUT_SIZE) else { return nil }
        let (count, room) = (Int32(block.count), Int32(block.count - 1))
        return withUnsafeTemporaryAllocation(byteCount: block.count - 1, alignment: 16) { scratch in
            let source = block.baseAddress?.assumingMemoryBound(to: CChar.self)
            let target = scratch.baseAddress?.assumingMemoryBound(to: CChar.self)
            let size =
                if let level {
                    LZ4_compress_HC(source, target, count, room, Int32(level))
                } else {
                    LZ4_compress_default(source, target, count, room)
                }
            // 0 is want of room: the block does not shrink.
            return size > 0 ? Array(scratch[..<Int(size)]) : nil
        }
    }

    /// Decodes one LZ4 block of exactly the block's size, to the last of its bytes.
    ///
    /// - Complexity: O(bytes).
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        guard let available = Int32(exactly: bytes.count), let room = Int32(exactly: block.count) else {
            throw BantamError(.corruption, "lz4: expected less than 2 GiB, found \(block.count) bytes")
        }
        // It succeeds only at the end of its input.
        let size = LZ4_decompress_safe(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            block.baseAddress?.assumingMemoryBound(to: CChar.self), available, room)
        guard size == room else {
            let found = size < 0 ? "damage after \(-Int(size) - 1) of \(bytes.count)" : "\(size)"
            throw BantamError(.corruption, "lz4: expected \(block.count) bytes, found \(found)")
        }
    }
}
