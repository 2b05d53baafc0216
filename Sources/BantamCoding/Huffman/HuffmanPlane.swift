// Why: what a plane of bytes becomes is decided from its counts, before a bit is written.

import Glibc

/// A plane on its way to its coded form.
struct HuffmanPlane {
    let bytes: UnsafeRawBufferPointer
    let kind: Kind

    /// How a plane stands in a block.
    enum Kind {
        /// The bytes themselves.
        case raw
        /// 16 bytes that it repeats.
        case repeated
        /// A code, and words of it in one stream or in eight.
        case coded(HuffmanCode, bitCount: Int)
    }

    /// The first byte of a plane.
    enum Mark {
        static let raw: UInt8 = 0
        static let repeated: UInt8 = 1
        static let oneStream: UInt8 = 2
        static let eightStreams: UInt8 = 3
    }

    static func mark(ofStreams count: Int) -> UInt8 { count == 1 ? Mark.oneStream : Mark.eightStreams }

    /// The bytes that a repeated plane repeats.
    static let period = 16
    /// Longer planes would stand for more than the coder's expansion allows.
    static let repeatable = period + 1...1 << 20
    /// Planes of fewer bytes have one stream, because the sizes of eight take 32 bytes.
    static let smallCount = 4096
    /// Streams of a plane that is not small: as many words are on their way at once.
    static let streamCount = 8
    /// Bytes beyond a plane's code that writing it may touch.
    static let slack = 8

    /// Decides how `bytes`, at least one, are to stand.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        kind = HuffmanPlane.isRepeated(bytes) ? .repeated : HuffmanPlane.coded(bytes) ?? .raw
    }

    /// The shortest code for `bytes`; `nil` if it saves too little to be worth the time.
    private static func coded(_ bytes: UnsafeRawBufferPointer) -> Kind? {
        let counts = counts(of: bytes)
        guard counts.count(where: { $0 > 0 }) > 1 else { return nil }
        let code = HuffmanCode(counts: counts)
        let bitCount = zip(counts, code.lengths).reduce(0) { $0 + $1.0 * Int($1.1) }
        let bound = byteBound(code, bitCount: bitCount, streamCount: streamCount(of: bytes.count))
        return bound < bytes.count - bytes.count / 64 ? .coded(code, bitCount: bitCount) : nil
    }

    private static func byteBound(_ code: HuffmanCode, bitCount: Int, streamCount: Int) -> Int {
        1 + code.serialized.count + 4 * streamCount + bitCount / 8 + streamCount
    }

    static func streamCount(of count: Int) -> Int { count < smallCount ? 1 : streamCount }

    /// The bytes of each stream of a plane, the last one perhaps fewer.
    static func runCount(of count: Int) -> Int {
        let streams = streamCount(of: count)
        return (count + streams - 1) / streams
    }

    private var streamCount: Int { HuffmanPlane.streamCount(of: bytes.count) }

    /// The most bytes that ``write(to:)`` writes.
    var byteBound: Int {
        switch kind {
        case .raw: 1 + bytes.count
        case .repeated: 1 + HuffmanPlane.period
        case .coded(let code, let bitCount):
            HuffmanPlane.byteBound(code, bitCount: bitCount, streamCount: streamCount)
        }
    }

    private static func isRepeated(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard repeatable ~= bytes.count, let start = bytes.baseAddress else { return false }
        return memcmp(start, start + period, bytes.count - period) == 0
    }

    /// How often each byte occurs. Four at a time, because equal neighbours would wait for each other.
    private static func counts(of bytes: UnsafeRawBufferPointer) -> [Int] {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * 256) { counts in
            counts.update(repeating: 0)
            let whole = bytes.count / 4 * 4
            for index in stride(from: 0, to: whole, by: 4) {
                for lane in 0..<4 { counts[lane &<< 8 | Int(bytes[index &+ lane])] &+= 1 }
            }
            for index in whole..<bytes.count { counts[Int(bytes[index])] &+= 1 }
            return (0..<256).map { byte in (0..<4).reduce(0) { $0 + Int(counts[$1 << 8 | byte]) } }
        }
    }

    /// Writes the plane; `result` has at least its bound and ``slack`` more.
    ///
    /// - Returns: the bytes written.
    func write(to result: UnsafeMutableRawBufferPointer) -> Int {
        switch kind {
        case .raw:
            result[0] = Mark.raw
            UnsafeMutableRawBufferPointer(rebasing: result[1...]).copyMemory(from: bytes)
            return 1 + bytes.count
        case .repeated:
            result[0] = Mark.repeated
            let pattern = UnsafeRawBufferPointer(rebasing: bytes[..<HuffmanPlane.period])
            UnsafeMutableRawBufferPointer(rebasing: result[1...]).copyMemory(from: pattern)
            return 1 + HuffmanPlane.period
        case .coded(let code, _):
            return write(code, to: result)
        }
    }

    private func write(_ code: HuffmanCode, to result: UnsafeMutableRawBufferPointer) -> Int {
        let head = [HuffmanPlane.mark(ofStreams: streamCount)] + code.serialized
        result.copyBytes(from: head)
        let run = HuffmanPlane.runCount(of: bytes.count)
        let words = code.words
        var offset = head.count + 4 * streamCount
        for stream in 0..<streamCount {
            let source = bytes[min(stream * run, bytes.count)..<min((stream + 1) * run, bytes.count)]
            let size = HuffmanPlane.writeStream(
                UnsafeRawBufferPointer(rebasing: source), words,
                to: UnsafeMutableRawBufferPointer(rebasing: result[offset...]))
            result.storeBytes(
                of: UInt32(size).littleEndian, toByteOffset: head.count + 4 * stream, as: UInt32.self)
            offset += size
        }
        return offset
    }

    /// Writes the words of `source` one after the other, the first bit on top; the last byte ends with zeros.
    private static func writeStream(
        _ source: UnsafeRawBufferPointer, _ words: [UInt32], to result: UnsafeMutableRawBufferPointer
    ) -> Int {
        var offset = 0
        // Bits not yet written, from the top; fewer than 8 of them between groups.
        var pending: UInt64 = 0
        var pendingCount: UInt64 = 0
        words.withUnsafeBufferPointer { words in
            var index = 0
            while index < source.count {
                // Four words are 48 bits at most.
                for byte in source[index..<min(index &+ 4, source.count)] {
                    let word = UInt64(words[Int(byte)])
                    pending |= ((word >> 16) << 52) &>> pendingCount
                    pendingCount &+= word & 0xffff
                }
                index &+= 4
                result.storeBytes(of: pending.bigEndian, toByteOffset: offset, as: UInt64.self)
                offset &+= Int(pendingCount >> 3)
                pending &<<= pendingCount & ~7
                pendingCount &= 7
            }
        }
        return offset + (pendingCount > 0 ? 1 : 0)
    }
}
