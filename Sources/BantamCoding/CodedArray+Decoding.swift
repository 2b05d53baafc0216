// Why: decoding straight into the destination, block by block, with nothing believed that was not checked.

import BantamTensors

extension CodedArray {
    /// Decodes a coded array into `result`.
    ///
    /// - Parameters:
    ///   - bytes: the whole container.
    ///   - dtype: what the array must be.
    ///   - columns: what encoding was given.
    ///   - result: as many bytes as the array must have.
    ///   - owner: the storage that `bytes` stand on; what is done is let go of.
    ///   - workers: threads to use.
    /// - Complexity: O(bytes).
    /// - Throws: ``BantamError`` of kind `corruption` or `insufficientData` if the array is damaged or another
    ///   one than expected, `compatibility` if its coder is unknown. `result` is then undefined.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, of dtype: DType, columns: Int = 0,
        into result: UnsafeMutableRawBufferPointer, owner: Storage? = nil, workers: Workers
    ) throws {
        try decode(
            bytes, of: dtype, columns: columns, into: result, owner: owner, isChecked: true, workers: workers)
    }

    /// Without the comparison of the checksum for whoever compares the result with more than that.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, of dtype: DType, columns: Int,
        into result: UnsafeMutableRawBufferPointer, owner: Storage? = nil, isChecked: Bool, workers: Workers
    ) throws {
        let decoder = try BlockDecoder(
            bytes, of: dtype, byteCount: result.count, columns: columns, owner: owner)
        let target = BlockTarget(bytes: result)
        let checksum = isChecked ? BlockChecksum(of: target, in: decoder.ranges) : nil
        try workers.forEach(decoder.ranges.count) {
            try decoder.decode($0, into: target[decoder.ranges[$0]])
            decoder.letGo(of: $0)
            checksum?.add($0)
        }
        if let checksum { try decoder.check(checksum.finish()) }
    }

    /// The checks of a coded array that need no decoding: header, coder and table of blocks.
    ///
    /// After it, memory for the raw bytes may be allocated: they are in proportion to the stored ones.
    @discardableResult
    public static func checkStructure(of bytes: UnsafeRawBufferPointer) throws -> Header {
        let header = try header(of: bytes)
        _ = try blocks(of: bytes, header, Coders.identified(by: header.coder))
        return header
    }
}

/// Memory that blocks are decoded to, each to its own part.
struct BlockTarget: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    subscript(range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[range])
    }
}
