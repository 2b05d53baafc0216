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
    /// - Throws: ``BantamError`` of kind `corruption` unless each stream ends with its last word and
    ///   zeros to fill its last byte.
    func decode(into plane: UnsafeMutableRawBufferPointer) throws {
        var places = [start] + ends.dropLast()
        let run = HuffmanPlane.runCount(of: plane.count)
        var done = 0
        if ends.count == HuffmanPlane.streamCount {
            let shortest = plane.count - run * (HuffmanPlane.streamCount - 1)
            while true {
                // A group of four words is at most 48 bits, and reads 8 bytes from where it begins.
                let room = (8 * (bytes.count - 8) - (places.max() ?? 0)) / 48
                let groups = min(room, (shortest - done) / 4)
                guard groups > 0 else { break }
                places.withUnsafeMutableBufferPointer { places in
                    slots.withUnsafeBufferPointer { slots in
                        decodeGroups(groups, of: run, from: done, into: plane, places, slots)
                    }
                }
                done += 4 * groups
            }
        }
        for stream in ends.indices {
            let first = stream * run
            for index in min(first + done, plane.count)..<min(first + run, plane.count) {
                plane[index] = nextSymbol(at: &places[stream], end: ends[stream])
            }
            let last = ends[stream] / 8 - 1
            let used = (places[stream] - 1) % 8 + 1
            guard (places[stream] - 1) / 8 == last, bytes[last] & 0xff >> used == 0 else {
                throw HuffmanCoder.damaged("words that end with their stream", "others")
            }
        }
    }

    /// Decodes `4 · groups` bytes of all eight streams, from byte `done` of each; all that is read exists.
    private func decodeGroups(
        _ groups: Int, of run: Int, from done: Int, into plane: UnsafeMutableRawBufferPointer,
        _ places: UnsafeMutableBufferPointer<Int>, _ slots: UnsafeBufferPointer<UInt16>
    ) {
        guard let source = bytes.baseAddress, let plane = plane.baseAddress, let slots = slots.baseAddress,
            let places = places.baseAddress
        else { return }
        for group in 0..<groups {
            var target = plane + (done &+ 4 &* group)
            // The eight wait for nothing of each other.
            for stream in 0..<HuffmanPlane.streamCount {
                HuffmanDecoder.decodeGroup(source, at: &places[stream], slots, to: target)
                target += run
            }
        }
    }

    /// Four words: a shift by a slot's entry is one by its low six bits, which are the word's length.
    @inline(__always)
    private static func decodeGroup(
        _ source: UnsafeRawPointer, at place: inout Int, _ slots: UnsafePointer<UInt16>,
        to target: UnsafeMutableRawPointer
    ) {
        let loaded = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: place &>> 3, as: UInt64.self))
        var word = loaded &<< UInt64(truncatingIfNeeded: place & 7)
        var total: UInt64 = 0
        for index in 0..<4 {
            let entry = UInt64(slots[Int(word &>> 52)])
            word &<<= entry
            total &+= entry
            target.storeBytes(of: UInt8(truncatingIfNeeded: entry &>> 8), toByteOffset: index, as: UInt8.self)
        }
        place &+= Int(total & 0xff)
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
