import BantamTensors
import CBantamKernels

/// From coded indices back to numbers.
extension TrellisCoded {
    /// The tensor this stands for, as `float32`.
    ///
    /// - Complexity: O(elements), blocks shared by `workers`; the result does not depend on their number.
    /// - Throws: ``BantamError`` of kind `corruption` or `compatibility` if the bytes break the rules of
    ///   docs/rate-distortion.md, or stand for more than the machine's memory.
    public func decoded(workers: Workers) throws -> Tensor {
        let layout = try layout()
        return try Tensor(.float32, shape, as: Float.self) { try decode(layout, into: $0, workers) }
    }

    /// The same into memory that is there, as many elements as the shape has; see ``decoded(workers:)``.
    public func decode(into result: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        precondition(result.count == shape.elementCount, "expected \(shape) elements, found \(result.count)")
        try decode(layout(), into: result, workers)
    }

    private func decode(
        _ layout: TrellisLayout, into result: UnsafeMutableBufferPointer<Float>, _ workers: Workers
    ) throws {
        guard let start = result.baseAddress, !result.isEmpty else { return }
        defer { withExtendedLifetime(indices) {} }
        let decoder = TrellisDecoder(
            layout: layout, bytes: SharedBytes(indices.storage.bytes), result: Shared(start),
            elementCount: result.count)
        try workers.forEach(layout.blocks.count) { try decoder.decode(block: $0) }
    }
}

/// What all blocks of a tensor are decoded with.
private final class TrellisDecoder: Sendable {
    private let layout: TrellisLayout
    private let bytes: SharedBytes
    private let result: Shared
    private let elementCount: Int
    private let slots: [UInt32]
    private let offsets: [Float]
    private let rows: ContextRows
    private let hasRawBits: Bool
    /// As the kernels take them: some columns long and then the first ones again.
    private let means: [Float]
    private let meanColumns: Int
    /// Elements decoded at a time, so that their contexts stay in the nearest cache. A multiple of all lanes.
    private let pieceLength = 4096

    init(layout: TrellisLayout, bytes: SharedBytes, result: Shared, elementCount: Int) {
        self.layout = layout
        self.bytes = bytes
        self.result = result
        self.elementCount = elementCount
        let groups = layout.usedGroups
        let tables = layout.tables.groups[groups].flatMap(\.tables)
        slots = [UInt32](unsafeUninitializedCapacity: tables.count * FrequencyTable.total) { slots, count in
            for (index, table) in tables.enumerated() {
                var kernel = table.kernel
                bantam_trellis_fill_slots(&kernel, slots.baseAddress! + index * FrequencyTable.total)
            }
            count = slots.count
        }
        offsets = layout.tables.kernelOffsets
        let contexts = layout.contexts(numberedFrom: groups)
        hasRawBits = contexts.contains { $0 >= 256 }
        rows = ContextRows(
            rowClasses: layout.header.rowClasses.classes, columnClasses: layout.header.columnClasses.classes,
            contexts: contexts)
        let lanes = Int(BANTAM_TRELLIS_LANES)
        // Adding negative zero changes nothing, not even the sign of zero.
        let row = layout.header.means?.values(step: layout.header.step) ?? [-0.0]
        let cycle = (0..<(lanes + row.count - 1) / row.count).flatMap { _ in row }
        means = cycle + cycle.prefix(lanes)
        meanColumns = cycle.count
    }

    private func kernel(
        _ slots: UnsafePointer<UInt32>?, _ means: UnsafePointer<Float>?
    ) -> bantam_trellis_decoder {
        var decoder = bantam_trellis_decoder()
        decoder.trellis = layout.header.code.kernel
        decoder.slots = slots
        withUnsafeMutableBytes(of: &decoder.offsets) { target in
            offsets.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        decoder.step = layout.header.step
        decoder.has_raw_bits = hasRawBits ? 1 : 0
        decoder.lanes = 1 << layout.header.laneBits
        decoder.means = means
        decoder.columns = meanColumns
        return decoder
    }

    func decode(block: Int) throws {
        let first = block << layout.header.blockBits
        let count = min(1 << layout.header.blockBits, elementCount - first)
        let place = layout.blocks[block]
        let coded = UnsafeRawBufferPointer(rebasing: bytes.bytes[place])
        let header = try TrellisBlockHeader(parsing: coded, lanes: 1 << layout.header.laneBits, count: count)
        var cursor = bantam_trellis_cursor()
        withUnsafeMutableBytes(of: &cursor.coder) { target in
            header.states.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        let isComplete = try slots.withUnsafeBufferPointer { slots in
            try means.withUnsafeBufferPointer { means in
                try header.escapes.withUnsafeBufferPointer { escapes in
                    var decoder = kernel(slots.baseAddress, means.baseAddress)
                    cursor.escapes = escapes.baseAddress
                    cursor.escapes_end = escapes.baseAddress.map { $0 + escapes.count }
                    cursor.words = header.words.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    cursor.words_end = cursor.words.map { $0 + header.words.count }
                    try decodePieces(&decoder, &cursor, first..<first + count)
                    return cursor.escapes == cursor.escapes_end && cursor.words == cursor.words_end
                }
            }
        }
        // An encoder starts every lane with the least state, so that is where a decoder must end.
        let isAtStart = withUnsafeBytes(of: cursor.coder) { states in
            states.bindMemory(to: UInt32.self).prefix(header.states.count).allSatisfy { $0 == 1 << 16 }
        }
        guard isComplete, isAtStart else {
            throw BantamError(
                .corruption, "expected block \(block) of trellis-coded indices to end with its bytes")
        }
    }

    private func decodePieces(
        _ decoder: inout bantam_trellis_decoder, _ cursor: inout bantam_trellis_cursor, _ range: Range<Int>
    ) throws {
        let result = result.elements(Float.self)
        try withUnsafeTemporaryAllocation(of: UInt16.self, capacity: pieceLength) { scratch in
            guard let contexts = scratch.baseAddress else { return }
            for start in stride(from: range.lowerBound, to: range.upperBound, by: pieceLength) {
                let count = min(pieceLength, range.upperBound - start)
                rows.copy(start, count, to: contexts)
                guard
                    bantam_trellis_decode(
                        &decoder, &cursor, contexts, start % meanColumns, count, result + start) == 1
                else {
                    throw BantamError(
                        .corruption, "expected more bytes in a block of trellis-coded indices, found its end")
                }
            }
        }
    }
}
