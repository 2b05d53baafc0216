// Why: what a block says of its planes is checked against its size before anything is decoded.

import Glibc

/// A coded block, read plane after plane; nothing is read beyond its end.
struct HuffmanReader {
    let bytes: UnsafeRawBufferPointer
    /// Where the next part begins.
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else {
            throw HuffmanCoder.damaged("\(count) bytes at \(offset)", "\(bytes.count - offset)")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// Fills `plane`, which has at least one byte, with the next plane.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if there is none of that size.
    mutating func read(into plane: UnsafeMutableRawBufferPointer) throws {
        let mark = try take(1)[0]
        switch mark {
        case HuffmanPlane.Mark.raw:
            plane.copyMemory(from: try take(plane.count))
        case HuffmanPlane.Mark.repeated where HuffmanPlane.repeatable ~= plane.count:
            repeated(try take(HuffmanPlane.period), into: plane)
        case HuffmanPlane.mark(ofStreams: HuffmanPlane.streamCount(of: plane.count)):
            try streams(into: plane)
        default:
            throw HuffmanCoder.damaged("the mark of a plane of \(plane.count) bytes", "\(mark)")
        }
    }

    private func repeated(_ pattern: UnsafeRawBufferPointer, into plane: UnsafeMutableRawBufferPointer) {
        guard let start = plane.baseAddress, let source = pattern.baseAddress else { return }
        memcpy(start, source, pattern.count)
        var done = pattern.count
        while done < plane.count {
            let copied = min(done, plane.count - done)
            memcpy(start + done, start, copied)
            done += copied
        }
    }

    private mutating func streams(into plane: UnsafeMutableRawBufferPointer) throws {
        let range = try take(2)
        guard range[0] < range[1],
            let code = HuffmanCode(
                first: range[0], last: range[1],
                packed: try take(HuffmanCode.lengthByteCount(first: range[0], last: range[1])))
        else { throw HuffmanCoder.damaged("the lengths of a complete code", "others") }
        let sizes = try take(4 * HuffmanPlane.streamCount(of: plane.count))
        let start = offset
        var ends: [Int] = []
        for place in stride(from: 0, to: sizes.count, by: 4) {
            let size = UInt32(littleEndian: sizes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            _ = try take(Int(size))
            ends.append(8 * offset)
        }
        try HuffmanDecoder(bytes: bytes, slots: code.slots, start: 8 * start, ends: ends).decode(into: plane)
    }
}
