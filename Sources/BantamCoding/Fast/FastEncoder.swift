// Why: what a block needs before its elements are coded: layout, table, and where its parts will stand.

import BantamTensors
import CBantamKernels
import Glibc

/// A block on its way to its coded form.
struct FastEncoder {
    let block: UnsafeRawBufferPointer
    let layout: FastLayout
    let count: Int
    let model: FastModel
    let laneCount: Int
    /// What each step keeps; empty if all of them keep all.
    let kept: [UInt8]

    /// Blocks of fewer elements have 8 states, which take less room than 128 but no vectors.
    static let smallCount = 16384
    /// At most so many elements of a block are counted, in steps spread evenly.
    static let sampleCount = 65536

    /// `nil` if the block cannot be coded or the sample says that it will not shrink.
    init?(_ block: UnsafeRawBufferPointer, _ dtype: DType) {
        let candidates = FastLayout.candidates(for: dtype)
        guard let width = candidates.first?.elementByteCount, block.count % width == 0,
            1...Int(Int32.max) ~= block.count
        else { return nil }
        count = block.count / width
        self.block = block
        laneCount = count < FastEncoder.smallCount ? 8 : BANTAM_RANS_STEP
        var stride = (count - 1) / FastEncoder.sampleCount + 1
        // Lengths of rows have the factors 2 and 3: one in common, and only some of the columns would be seen.
        while stride > 1, stride % 2 == 0 || stride % 3 == 0 { stride += 1 }
        var best: (layout: FastLayout, model: FastModel, bits: UInt64)?
        for candidate in candidates {
            var counts = [UInt32](repeating: 0, count: 256)
            bantam_rans_count(candidate.kernel, block.baseAddress, count, stride, &counts)
            let model = FastModel(
                counts: counts, mask: candidate.valueMask, isComplete: stride == 1)
            let total = counts.reduce(UInt64(0)) { $0 + UInt64($1) }
            let bits = (model.cost(of: counts) / total) + UInt64(candidate.restBitCount) << 16
            if bits < best?.bits ?? .max { best = (candidate, model, bits) }
        }
        guard let best else { return nil }
        (layout, model) = (best.layout, best.model.ordered)
        var kept: [UInt8] = []
        if layout.dropsZeros {
            kept = [UInt8](repeating: 0, count: count / BANTAM_RANS_STEP)
            guard bantam_rans_find_kept(layout.kernel, block.baseAddress, count, &kept) != 0 else {
                return nil
            }
            if laneCount == 8 || !kept.contains(where: { $0 > 0 }) { kept = [] }
        }
        self.kept = kept
        guard !kept.isEmpty || best.bits < UInt64(8 * width) << 16 else { return nil }
    }

    private var stepCount: Int { laneCount == 8 ? 0 : count / BANTAM_RANS_STEP }

    private var rawByteCount: Int {
        let steps =
            kept.isEmpty
            ? stepCount * layout.stepByteCount(kept: 0)
            : (0...3).reduce(0) { sum, code in
                sum + kept.count { $0 == code } * layout.stepByteCount(kept: UInt8(code))
            }
        let restCount = count - stepCount * BANTAM_RANS_STEP
        return steps + (restCount * layout.restBitCount + 7) / 8
    }

    /// What stands before the sizes, which are known last.
    private var head: [UInt8] {
        var flags = layout.number
        if laneCount != 8 { flags |= FastBlock.wideMark }
        if !kept.isEmpty { flags |= FastBlock.keptMark }
        let alphabet = UInt8(model.frequencies.count - 1) | (model.hasEscape ? FastBlock.escapeMark : 0)
        return [flags, alphabet] + model.values + model.frequencies
    }

    /// Two bits a step.
    private var packedKept: [UInt8] {
        stride(from: 0, to: kept.count, by: 4).map { first in
            kept[first..<min(first + 4, kept.count)].enumerated().reduce(UInt8(0)) {
                $0 | $1.element << UInt8(2 * $1.offset)
            }
        }
    }

    /// Writes the code; returns its size, or `nil` if it is no smaller than the block.
    func encode(into result: UnsafeMutableRawBufferPointer) -> Int? {
        let head = self.head
        let packedKept = self.packedKept
        let sizes = head.count
        let states = sizes + FastBlock.sizesByteCount(laneCount: laneCount)
        let raw = states + 2 * laneCount + packedKept.count
        let fixed = raw + rawByteCount
        guard fixed < block.count, let base = result.baseAddress else { return nil }
        // Room for the escapes, then for each stream: a byte for each of its elements and what vectors spill.
        let streamCapacity = laneCount == 8 ? count + 64 : count / BANTAM_RANS_STREAMS + 128
        let escapeCapacity = count + 64
        let capacity = escapeCapacity + BANTAM_RANS_STREAMS * streamCapacity
        return withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 64) { scratch -> Int? in
            guard let start = scratch.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
            let escapeEnd = start + escapeCapacity
            let streamEnds = (1...BANTAM_RANS_STREAMS).map { escapeEnd + $0 * streamCapacity }
            var escape: UnsafeMutablePointer<UInt8>? = escapeEnd
            var streams: [UnsafeMutablePointer<UInt8>?] = streamEnds
            var lanes = [UInt16](repeating: 0, count: laneCount)
            withUnsafePointer(to: model.kernel) { model in
                kept.withUnsafeBufferPointer { kept in
                    var description = bantam_rans_block(
                        layout: layout.kernel, model: model, count: count, lanes: laneCount,
                        kept: kept.isEmpty ? nil : kept.baseAddress)
                    bantam_rans_encode(
                        &description, block.baseAddress, (base + raw).assumingMemoryBound(to: UInt8.self),
                        &lanes, &escape, &streams)
                }
            }
            guard let escape else { return nil }
            let parts =
                [(start: escape, count: escapeEnd - escape)]
                + zip(streams, streamEnds).compactMap { stream, end in
                    stream.map { (start: $0, count: end - $0) }
                }
            let size = fixed + parts.reduce(0) { $0 + $1.count }
            guard size < block.count else { return nil }
            memcpy(base, head, head.count)
            for index in 0..<FastBlock.sizesByteCount(laneCount: laneCount) / 4 {
                base.storeBytes(
                    of: UInt32(parts[index].count).littleEndian, toByteOffset: sizes + 4 * index,
                    as: UInt32.self)
            }
            memcpy(base + states, lanes, 2 * laneCount)
            memcpy(base + states + 2 * laneCount, packedKept, packedKept.count)
            var offset = fixed
            for part in parts {
                memcpy(base + offset, part.start, part.count)
                offset += part.count
            }
            return size
        }
    }
}
