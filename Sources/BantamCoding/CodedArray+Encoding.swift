// Why: cutting, rearranging and coding an array, in parallel, to bytes that depend on the array and coder alone.

import BantamTensors

extension CodedArray {
    /// The array coded by `coder`; `nil` if no block shrinks or there is nothing to code.
    ///
    /// - Parameters:
    ///   - raw: the bytes of whole elements.
    ///   - dtype: what they are.
    ///   - arrangement: how to rearrange them; `nil` tries the coder's candidates, all of them on a small
    ///     array, on samples of a large one, and takes the smallest.
    ///   - columns: the elements in a row of the array's matrix form, 0 if it has none; decoding takes the same.
    ///   - blockByteCount: a power of two from 1 KiB to 1 GiB; `nil` is what suits the coder.
    ///   - owner: the storage that `raw` stands on; what is done is let go of.
    ///   - workers: threads to use; the result does not depend on them.
    /// - Complexity: O(bytes).
    public init?(
        coding raw: UnsafeRawBufferPointer, of dtype: DType, with coder: any Coder,
        arrangement: Arrangement? = nil, columns: Int = 0, blockByteCount: Int? = nil,
        owner: Storage? = nil, workers: Workers
    ) throws {
        let blockByteCount = blockByteCount ?? coder.blockByteCount(for: raw, of: dtype)
        precondition(
            blockByteCount.nonzeroBitCount == 1
                && CodedArray.blockLogarithms.contains(blockByteCount.trailingZeroBitCount))
        guard raw.count > 0 else { return nil }
        let array = UncodedArray(
            bytes: raw, dtype: dtype, columns: columns, coder: coder, blockByteCount: blockByteCount,
            owner: owner)
        guard let (chosen, ready) = try array.choose(arrangement, workers) else { return nil }
        let encoder = BlockEncoder(array, chosen)
        let blocks =
            try ready
            ?? workers.map(encoder.ranges.count) {
                let block = try encoder.encode($0)
                array.letGo(of: $0)
                return block
            }
        guard blocks.contains(where: { $0 != nil }) else { return nil }
        rawChecksum = array.checksum()
        let stored = blocks.enumerated().map { index, block in block ?? Array(array.block(index)) }
        let sizes = zip(blocks, stored).map { (byteCount: $1.count, isRaw: $0 == nil) }
        pieces = [encoder.head(of: sizes, rawChecksum: rawChecksum)] + stored
    }
}

/// An array on its way into a ``CodedArray``.
struct UncodedArray: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let dtype: DType
    let columns: Int
    let coder: any Coder
    let blockByteCount: Int
    let owner: Storage?

    static let sampleByteCount = 32 << 10
    static let sampleCount = 12

    func block(_ index: Int) -> UnsafeRawBufferPointer {
        let first = index * blockByteCount
        return UnsafeRawBufferPointer(rebasing: bytes[first..<min(first + blockByteCount, bytes.count)])
    }

    func coded(_ index: Int, _ arrangement: Arrangement) throws -> [UInt8]? {
        try coded(block(index), arrangement)
    }

    func letGo(of index: Int) { owner?.letGo(of: block(index)) }

    /// Whether choosing an arrangement means to code all of it in each.
    var isTriedWhole: Bool {
        bytes.count <= UncodedArray.sampleByteCount * UncodedArray.sampleCount
            && coder.arrangements(of: dtype).count > 1
    }

    func checksum() -> Checksum {
        var streaming = StreamingChecksum()
        for first in stride(from: 0, to: bytes.count, by: blockByteCount) {
            let block = block(first / blockByteCount)
            streaming.update(block)
            owner?.letGo(of: block)
        }
        return streaming.checksum
    }

    private func coded(_ block: UnsafeRawBufferPointer, _ arrangement: Arrangement) throws -> [UInt8]? {
        let coded: [UInt8]?
        let offset = block.isEmpty ? 0 : block.baseAddress! - bytes.baseAddress!
        let context = BlockContext(dtype, columns: columns, byteOffset: offset)
        if arrangement == .plain {
            coded = try coder.encode(block, context)
        } else {
            coded = try withUnsafeTemporaryAllocation(byteCount: block.count, alignment: 16) { scratch in
                arrangement.apply(to: block, width: dtype.alignment, into: scratch)
                return try coder.encode(UnsafeRawBufferPointer(scratch), context)
            }
        }
        guard let coded, coded.count < block.count, coded.count > block.count / coder.maximumExpansion else {
            return nil
        }
        return coded
    }

    /// The arrangement to use, with the blocks coded by it if that is how it was found; `nil` if the samples
    /// say that nothing shrinks. Ties go to the simpler one.
    func choose(
        _ fixed: Arrangement?, _ workers: Workers
    ) throws -> (arrangement: Arrangement, blocks: [[UInt8]?]?)? {
        if let fixed { return (fixed, nil) }
        let candidates = coder.arrangements(of: dtype)
        guard candidates.count > 1 else { return (candidates.first ?? .plain, nil) }
        let samples = self.samples
        let trials = try workers.map(candidates.count * samples.count) { trial in
            let sample = UnsafeRawBufferPointer(rebasing: bytes[samples[trial % samples.count]])
            return try coded(sample, candidates[trial / samples.count])
        }
        var best: (size: Int, index: Int)?
        for index in candidates.indices {
            let size = samples.indices.reduce(0) {
                $0 + (trials[index * samples.count + $1]?.count ?? samples[$1].count)
            }
            if size < best?.size ?? .max { best = (size, index) }
        }
        guard let best else { return nil }
        // A trial of the whole of a single block is that block.
        let isDone = samples.count == 1 && bytes.count <= blockByteCount
        return (candidates[best.index], isDone ? [trials[best.index]] : nil)
    }

    /// The whole of a small array, evenly spread pieces of a large one, cut at elements.
    private var samples: [Range<Int>] {
        guard bytes.count > UncodedArray.sampleByteCount * UncodedArray.sampleCount else {
            return [0..<bytes.count]
        }
        let stride = (bytes.count - UncodedArray.sampleByteCount) / (UncodedArray.sampleCount - 1)
        return (0..<UncodedArray.sampleCount).map {
            let first = $0 * stride / 16 * 16
            return first..<first + UncodedArray.sampleByteCount
        }
    }
}
