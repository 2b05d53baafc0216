// Why: every coder's output stands in the same container, so that the archive stores, checks and decodes arrays
// without knowing coders.

import BantamTensors

/// The bytes of one losslessly coded array: a header that says coder, dtype, raw size and checksum, a table of
/// blocks, and the blocks, each of which decodes alone.
///
/// All numbers are little-endian. `docs/format.md` is the specification:
/// ```
/// u8      coder
/// u8      dtype
/// u8      bits 0–4: log₂ of the bytes of a block (10…30); bit 5: byte planes; bit 6: differences; bit 7: zero
/// LEB128  raw bytes, at least 1
/// u32     low half of the XXH3-64 of the raw bytes, or u64: all of it if there are several blocks
/// u32 …   the stored size of each block if there are several; bit 31: the block stands raw
/// …       the blocks
/// ```
/// A single block therefore costs 8 to 11 bytes of container, which small arrays can bear.
public struct CodedArray: Sendable {
    /// The container in consecutive pieces: the header with its table, then the blocks.
    public let pieces: [[UInt8]]
    /// The checksum of the raw bytes.
    public let rawChecksum: Checksum

    /// The coder's identifier; see ``Coders/name(of:)``.
    public var coder: UInt8 { pieces.first?.first ?? 0 }

    /// The bytes of the container.
    public var byteCount: Int { pieces.reduce(0) { $0 + $1.count } }
    /// The whole container, put together.
    public var bytes: [UInt8] { Array(pieces.joined()) }

    /// The bytes of a block of an array of more than one, and what an encoder uses unless told otherwise.
    public static let defaultBlockByteCount = 1 << 20

    /// The bit of a table entry that says the block stands raw.
    static let rawBlockMark: UInt32 = 1 << 31
}
