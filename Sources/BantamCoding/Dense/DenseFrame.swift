// Why: both kinds of block hold the same parts in the same order, and every length is checked in one place.

import CBantamKernels
import Glibc

/// The parts of a coded block.
struct DenseFrame {
    /// What the decoder must know, range-coded.
    var side: UnsafeRawBufferPointer
    /// The states of the lanes.
    var states: [UInt32]
    /// What follows: bits that are not coded, then `extraByteCount` bytes of those beside symbols, then the words.
    var rest: UnsafeRawBufferPointer
    var extraByteCount: Int

    /// The first byte of a block of numbers.
    static let numbersMark: UInt8 = 1
    /// The first byte of a block of integers.
    static let indicesMark: UInt8 = 2
    /// Added to either: there are twice as many states.
    static let manyLanesMark: UInt8 = 4

    /// The states of a block: many for speed, few where they would be a large part of it.
    static func laneCount(of count: Int, isWide: Bool) -> Int {
        isWide ? Int(BANTAM_CLASS_RANS_LANES) : count >= 8192 ? 32 : count >= 1024 ? 4 : 1
    }

    /// What an encoder takes for a block that will have about so many bytes.
    static func laneCount(of count: Int, codedByteCount: Int) -> Int {
        laneCount(of: count, isWide: count >= 1 << 17 && codedByteCount >= 1 << 14)
    }

    /// Takes a block of `count` elements apart, the first byte of which is known.
    init(_ bytes: UnsafeRawBufferPointer, count: Int) throws {
        var offset = 1
        let sideByteCount = try DenseFrame.number(bytes, &offset)
        extraByteCount = try DenseFrame.number(bytes, &offset)
        let isWide = bytes[0] & DenseFrame.manyLanesMark != 0
        let stateByteCount = 4 * DenseFrame.laneCount(of: count, isWide: isWide)
        let left = bytes.count - offset
        guard sideByteCount <= left, stateByteCount <= left - sideByteCount,
            extraByteCount <= left - sideByteCount - stateByteCount
        else {
            throw DenseCoder.damaged(
                "\(sideByteCount), \(stateByteCount) and \(extraByteCount) bytes", "\(left)")
        }
        side = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + sideByteCount])
        offset += sideByteCount
        states = stride(from: offset, to: offset + stateByteCount, by: 4).map {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
        }
        rest = UnsafeRawBufferPointer(rebasing: bytes[(offset + stateByteCount)...])
    }

    /// That the decoder of the side information, which asked for `byteCount` bytes, left none over.
    func checkSide(_ byteCount: Int) throws {
        guard side.count <= byteCount else {
            throw DenseCoder.damaged("\(byteCount) bytes of side information", "\(side.count)")
        }
    }

    /// A number in groups of seven bits, the lowest first, all but the last with the top bit set.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) throws -> Int {
        var number = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            guard offset < bytes.count else { break }
            let byte = bytes[offset]
            offset += 1
            number |= Int(byte & 127) << shift
            if byte < 128 { return number }
        }
        throw DenseCoder.damaged("a length", "no end of it")
    }

    private static func bytes(of number: Int) -> [UInt8] {
        number < 128 ? [UInt8(number)] : [UInt8(number & 127) | 128] + bytes(of: number >> 7)
    }

    /// A block put together; `words` end at the end of their memory.
    static func assemble(
        _ mark: UInt8, side: [UInt8], states: [UInt32], rests: UnsafeRawBufferPointer,
        extras: UnsafeRawBufferPointer,
        words: UnsafeRawBufferPointer
    ) -> [UInt8] {
        let isWide = states.count == BANTAM_CLASS_RANS_LANES
        let mark = isWide ? mark | manyLanesMark : mark
        let head = [mark] + bytes(of: side.count) + bytes(of: extras.count) + side
        let size = head.count + 4 * states.count + rests.count + extras.count + words.count
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var bytes = UnsafeMutableRawBufferPointer(buffer)
            func put(_ part: UnsafeRawBufferPointer) {
                bytes.copyMemory(from: part)
                bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[part.count...])
            }
            head.withUnsafeBytes(put)
            states.map(\.littleEndian).withUnsafeBytes(put)
            put(rests)
            put(extras)
            put(words)
            count = size
        }
    }

    /// A decoder of the words that begin `offset` bytes into the rest.
    func decoder(at offset: Int) -> bantam_class_rans_decoder {
        var decoder = bantam_class_rans_decoder()
        decoder.lanes = states.count
        withUnsafeMutableBytes(of: &decoder.states) { target in
            states.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        let start = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
        decoder.next = start.map { $0 + offset }
        decoder.end = start.map { $0 + rest.count }
        return decoder
    }
}
