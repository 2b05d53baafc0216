// Why: a word must be known before the next one is found, so eight streams are read side by side.

/// The streams of a plane. Places are bits from the beginning of the block.
struct HuffmanDecoder {
    /// The block; places are in it.
    let bytes: UnsafeRawBufferPointer
    /// See ``HuffmanCode/slots``.
    let slots: [UInt16]
    /// Where the first stream begins.
    let start: Int
    /// Where each stream ends and the next one begins.
    let ends: [Int]

    /// Fills a plane with the bytes that the streams' words stand for.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` unless each stream ends with its last word.
    func decode(into plane: UnsafeMutableRawBufferPointer) throws {
        var places = [start] + ends.dropLast()
        let run = HuffmanPlane.runCount(of: plane.count)
        var done = 0
        if ends.count == HuffmanPlane.streamCount {
            let shortest = plane.count - run * (HuffmanPlane.streamCount - 1)
            slots.withUnsafeBufferPointer { slots in
                while true {
                    // A group of four words is at most 48 bits, and reads 8 bytes from where it begins.
                    let room = (8 * (bytes.count - 8) - (places.max() ?? 0)) / 48
                    let groups = min(room, (shortest - done) / 4)
                    guard groups > 0 else { break }
                    decodeGroups(groups, of: run, from: done, into: plane, &places, slots)
                    done += 4 * groups
                }
            }
        }
        for stream in ends.indices {
            let first = stream * run
            for index in min(first + done, plane.count)..<min(first + run, plane.count) {
                plane[index] = nextSymbol(at: &places[stream], end: ends[stream])
            }
            guard (places[stream] + 7) / 8 == ends[stream] / 8 else {
                throw HuffmanCoder.damaged("words that end with their stream", "others")
            }
        }
    }

    /// Decodes `4 · groups` bytes of all eight streams, from byte `done` of each; all that is read exists.
    private func decodeGroups(
        _ groups: Int, of run: Int, from done: Int, into plane: UnsafeMutableRawBufferPointer,
        _ places: inout [Int], _ slots: UnsafeBufferPointer<UInt16>
    ) {
        guard let source = bytes.baseAddress, var target = plane.baseAddress, let slots = slots.baseAddress
        else {
            return
        }
        target += done
        var (a, b, c, d) = (places[0], places[1], places[2], places[3])
        var (e, f, g, h) = (places[4], places[5], places[6], places[7])
        for _ in 0..<groups {
            HuffmanDecoder.decodeGroup(source, at: &a, slots, to: target)
            HuffmanDecoder.decodeGroup(source, at: &b, slots, to: target + run)
            HuffmanDecoder.decodeGroup(source, at: &c, slots, to: target + 2 &* run)
            HuffmanDecoder.decodeGroup(source, at: &d, slots, to: target + 3 &* run)
            HuffmanDecoder.decodeGroup(source, at: &e, slots, to: target + 4 &* run)
            HuffmanDecoder.decodeGroup(source, at: &f, slots, to: target + 5 &* run)
            HuffmanDecoder.decodeGroup(source, at: &g, slots, to: target + 6 &* run)
            HuffmanDecoder.decodeGroup(source, at: &h, slots, to: target + 7 &* run)
            target += 4
        }
        places = [a, b, c, d, e, f, g, h]
    }

    /// Four words: a shift by a slot's entry is one by its low six bits, which are the word's length.
    @inline(__always)
    private static func decodeGroup(
        _ source: UnsafeRawPointer, at place: inout Int, _ slots: UnsafePointer<UInt16>,
        to target: UnsafeMutableRawPointer
    ) {
        let loaded = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: place &>> 3, as: UInt64.self))
        var word = loaded &<< UInt64(truncatingIfNeeded: place & 7)
        let first = UInt64(slots[Int(word &>> 52)])
        word &<<= first
        let second = UInt64(slots[Int(word &>> 52)])
        word &<<= second
        let third = UInt64(slots[Int(word &>> 52)])
        word &<<= third
        let fourth = UInt64(slots[Int(word &>> 52)])
        let symbols = first &>> 8 | second & 0xff00 | (third & 0xff00) &<< 8 | (fourth & 0xff00) &<< 16
        target.storeBytes(of: UInt32(truncatingIfNeeded: symbols).littleEndian, as: UInt32.self)
        place &+= Int((first &+ second &+ third &+ fourth) & 0xff)
    }

    /// One word, zeros taken to stand behind the end; no place goes further beyond it than one word.
    private func nextSymbol(at place: inout Int, end: Int) -> UInt8 {
        guard place < end else {
            place = end + 8
            return 0
        }
        var word: UInt32 = 0
        for index in place / 8..<min(place / 8 + 3, end / 8) {
            word |= UInt32(bytes[index]) << UInt32(16 - 8 * (index - place / 8))
        }
        let entry = slots[Int((word << UInt32(place % 8)) >> 12 & 0xfff)]
        place += Int(entry & 0xff)
        return UInt8(entry >> 8)
    }
}
