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
        let header = try header(of: bytes)
        guard header.dtype == dtype, header.rawByteCount == result.count else {
            throw BantamError(
                .corruption,
                "coded array: expected \(result.count) bytes of \(dtype.rawValue), "
                    + "found \(header.rawByteCount) of \(header.dtype.rawValue)")
        }
        let coder = try Coders.identified(by: header.coder)
        let job = DecodingJob(
            bytes: bytes, result: result, header: header, columns: columns, coder: coder, owner: owner,
            blocks: try blocks(of: bytes, header, coder))
        try workers.forEach(job.blocks.count) { try job.decode($0) }
        guard isChecked else { return }
        let found = header.kept(Checksum(of: UnsafeRawBufferPointer(result)))
        guard found == header.checksum else {
            throw BantamError(
                .corruption,
                "coded array: expected checksum \(String(header.checksum, radix: 16)), "
                    + "found \(String(found, radix: 16))")
        }
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

/// An array on its way out of a ``CodedArray``. Each block writes its own part of the result.
private struct DecodingJob: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let result: UnsafeMutableRawBufferPointer
    let header: CodedArray.Header
    let columns: Int
    let coder: any Coder
    let owner: Storage?
    let blocks: [CodedArray.Block]

    func decode(_ index: Int) throws {
        let block = blocks[index]
        let stored = UnsafeRawBufferPointer(rebasing: bytes[block.stored])
        defer { owner?.letGo(of: stored) }
        let context = BlockContext(header.dtype, columns: columns, byteOffset: block.raw.lowerBound)
        let target = UnsafeMutableRawBufferPointer(rebasing: result[block.raw])
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
}
