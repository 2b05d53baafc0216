// Why: everything a block says of itself is checked against its size before the kernels see it.

import BantamTensors
import CBantamKernels

/// A coded block, taken apart and found to be whole: the sizes of its parts add up to what there is.
struct FastBlock {
    let bytes: UnsafeRawBufferPointer
    let layout: FastLayout
    let model: FastModel
    let count: Int
    let laneCount: Int
    let kept: [UInt8]
    let escapeCount: Int
    /// The bytes of each stream; the last one ends with the block.
    let streamCounts: [Int]
    /// Where the states, the raw planes and the escapes begin; the streams follow these.
    let states: Int
    let raw: Int
    let escapes: Int

    /// In the first byte: 128 states instead of 8.
    static let wideMark: UInt8 = 0x80
    /// In the first byte: it says what each step keeps.
    static let keptMark: UInt8 = 0x40
    /// In the second byte: the last symbol is an escape.
    static let escapeMark: UInt8 = 0x80

    /// The bytes that say how many escapes there are and how long every stream but the last is.
    static func sizesByteCount(laneCount: Int) -> Int { laneCount == 8 ? 4 : 4 * BANTAM_RANS_STREAMS }

    /// Takes a block apart.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` unless it can be one of `rawByteCount` bytes of `dtype`.
    init(_ bytes: UnsafeRawBufferPointer, _ dtype: DType, rawByteCount: Int) throws {
        self.bytes = bytes
        var reader = Reader(bytes: bytes)
        let flags = try reader.take(1)[0]
        guard let layout = FastLayout.candidates(for: dtype).first(where: { $0.number == flags & 0x3f }),
            flags & FastBlock.keptMark == 0 || layout.dropsZeros && flags & FastBlock.wideMark != 0
        else { throw FastCoder.damaged("a layout of \(dtype.rawValue)", "\(flags)") }
        self.layout = layout
        guard rawByteCount % layout.elementByteCount == 0, 1...Int(Int32.max) ~= rawByteCount else {
            throw FastCoder.damaged("whole elements of \(dtype.rawValue)", "\(rawByteCount) bytes")
        }
        count = rawByteCount / layout.elementByteCount
        model = try reader.model()
        laneCount = flags & FastBlock.wideMark == 0 ? 8 : BANTAM_RANS_STEP
        let sizeBytes = try reader.take(FastBlock.sizesByteCount(laneCount: laneCount))
        let sizes = stride(from: 0, to: sizeBytes.count, by: 4).map {
            Int(UInt32(littleEndian: sizeBytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
        }
        escapeCount = sizes[0]
        let stepCount = laneCount == 8 ? 0 : count / laneCount
        states = reader.offset
        _ = try reader.take(2 * laneCount)

        var kept: [UInt8] = []
        var rawByteCount = stepCount * layout.stepByteCount(kept: 0)
        if flags & FastBlock.keptMark != 0 {
            let packed = try reader.take((stepCount + 3) / 4)
            kept = (0..<stepCount).map { packed[$0 / 4] >> UInt8($0 % 4 * 2) & 3 }
            rawByteCount = 0
            for code: UInt8 in 0...3 {
                let number = kept.count { $0 == code }
                let size = layout.stepByteCount(kept: code)
                guard number == 0 || size > 0 else {
                    throw FastCoder.damaged("steps of \(dtype.rawValue)", "kind \(code)")
                }
                rawByteCount += number * size
            }
        }
        self.kept = kept
        let restCount = count - stepCount * BANTAM_RANS_STEP
        rawByteCount += (restCount * layout.restBitCount + 7) / 8
        raw = reader.offset
        _ = try reader.take(rawByteCount)
        escapes = reader.offset
        guard model.hasEscape || escapeCount == 0, escapeCount <= count else {
            throw FastCoder.damaged("up to \(model.hasEscape ? count : 0) escapes", "\(escapeCount)")
        }
        _ = try reader.take(escapeCount)
        var streamCounts = Array(sizes.dropFirst())
        for size in streamCounts { _ = try reader.take(size) }
        streamCounts.append(bytes.count - reader.offset)
        streamCounts += [Int](repeating: 0, count: BANTAM_RANS_STREAMS - streamCounts.count)
        self.streamCounts = streamCounts
    }

    /// Decodes to memory of exactly the block's raw size.
    func decode(into result: UnsafeMutableRawBufferPointer) throws {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var lanes = (0..<laneCount).map { lane in
            UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: states + 2 * lane, as: UInt16.self))
        }
        let isWhole = withUnsafePointer(to: model.kernel) { model in
            kept.withUnsafeBufferPointer { kept in
                var description = bantam_rans_block(
                    layout: layout.kernel, model: model, count: count, lanes: laneCount,
                    kept: kept.isEmpty ? nil : kept.baseAddress)
                return bantam_rans_decode(
                    &description, base + raw, &lanes, base + escapes, escapeCount,
                    base + escapes + escapeCount,
                    streamCounts, result.baseAddress)
            }
        }
        guard isWhole != 0 else {
            throw FastCoder.damaged("coded bytes that end where they should", "others")
        }
    }
}

/// Bytes taken one part after the other, none beyond the end.
private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else {
            throw FastCoder.damaged("\(count) bytes at \(offset)", "\(bytes.count - offset)")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func model() throws -> FastModel {
        let alphabet = try take(1)[0]
        let escapeCount = alphabet & FastBlock.escapeMark == 0 ? 0 : 1
        let symbolCount = Int(alphabet & ~FastBlock.escapeMark) + 1
        guard symbolCount <= FastModel.largestAlphabet else {
            throw FastCoder.damaged("up to \(FastModel.largestAlphabet) symbols", "\(symbolCount)")
        }
        let values = Array(try take(symbolCount - escapeCount))
        guard let model = FastModel(values: values, frequencies: Array(try take(symbolCount))) else {
            throw FastCoder.damaged("frequencies that add up to 256", "others")
        }
        return model
    }
}
