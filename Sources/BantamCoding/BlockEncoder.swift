// Why: a large array goes through memory block by block, on its way into a file for one.

import BantamTensors

/// A lossless code of one array, decided on and not carried out yet: any block can be encoded, from any thread.
public struct BlockEncoder: @unchecked Sendable {
    /// Where the blocks stand among the raw bytes: one after the other, at least one.
    public let ranges: [Range<Int>]
    private let array: UncodedArray
    private let header: CodedArray.Header
    private let worthwhile: WorthwhileSize

    init(_ array: UncodedArray, _ arrangement: Arrangement, _ worthwhile: WorthwhileSize = .smaller) {
        self.array = array
        self.worthwhile = worthwhile
        let header = CodedArray.Header(
            coder: array.coder.identifier, dtype: array.dtype, arrangement: arrangement,
            blockByteCount: array.blockByteCount, rawByteCount: array.bytes.count, checksum: 0, byteCount: 0)
        self.header = header
        ranges = (0..<header.blockCount).map {
            let first = $0 * header.blockByteCount
            return first..<min(first + header.blockByteCount, header.rawByteCount)
        }
    }

    /// The coder's identifier; see ``Coders/name(of:)``.
    public var coder: UInt8 { header.coder }

    /// The bytes of the container before the blocks.
    public var headByteCount: Int { CodedArray.serialized(header).count + header.tableByteCount }
    /// What the container has at most.
    public var largestByteCount: Int { headByteCount + header.rawByteCount }

    /// The raw bytes of a block.
    public func rawBytes(_ index: Int) -> UnsafeRawBufferPointer { array.block(index) }

    /// Whether a container of so many bytes is better than the plain array.
    public func isWorthwhile(_ byteCount: Int) -> Bool {
        worthwhile.includes(byteCount, of: header.rawByteCount)
    }

    /// Says that a block is not needed any more.
    public func letGo(of index: Int) { array.letGo(of: index) }

    /// A block coded; `nil` if it does not shrink: then its raw bytes are stored, unless it is the only one.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ index: Int) throws -> [UInt8]? { try array.coded(index, header.arrangement) }

    /// What stands before the blocks.
    ///
    /// - Parameters:
    ///   - sizes: the stored bytes of each block, and whether these are the raw ones.
    ///   - rawChecksum: that of the raw bytes.
    public func head(of sizes: [(byteCount: Int, isRaw: Bool)], rawChecksum: Checksum) -> [UInt8] {
        var header = header
        header.checksum = header.kept(rawChecksum)
        var head = CodedArray.serialized(header)
        if sizes.count > 1 {
            for (byteCount, isRaw) in sizes {
                let entry = UInt32(byteCount) | (isRaw ? CodedArray.rawBlockMark : 0)
                withUnsafeBytes(of: entry.littleEndian) { head.append(contentsOf: $0) }
            }
        }
        return head
    }
}

extension Coding {
    /// Smaller arrays are not worth being coded block by block.
    private static let leastStreamedByteCount = 256 << 10

    /// How a tensor is to be coded block by block, to the same bytes that ``encode(_:workers:)`` gives.
    ///
    /// - Returns: `nil` if the tensor is small, or pieces of it do not say clearly that it shrinks. If they do,
    ///   ``BlockEncoder/isWorthwhile(_:)`` tells in the end whether it did.
    public func blockEncoder(for tensor: Tensor, workers: Workers) throws -> BlockEncoder? {
        guard tensor.byteCount > Coding.leastStreamedByteCount,
            let (coder, share) = try coderForLarge(tensor, workers: workers), share < 0.95
        else { return nil }
        let array = UncodedArray(
            bytes: tensor.storage.bytes, dtype: tensor.dtype, columns: tensor.shape.codedColumns,
            coder: coder,
            blockByteCount: coder.blockByteCount(for: tensor.storage.bytes, of: tensor.dtype),
            owner: tensor.storage)
        guard !array.isTriedWhole, let (arrangement, _) = try array.choose(nil, workers) else { return nil }
        return BlockEncoder(array, arrangement, worthwhile)
    }
}
