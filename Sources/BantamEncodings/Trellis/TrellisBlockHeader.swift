// Why: a block decodes alone, so it brings its escapes and the states its lanes start from.

import BantamTensors

/// What stands at the front of a block, and the words after it.
package struct TrellisBlockHeader {
    /// Where the rANS state of each lane starts.
    let states: [UInt32]
    /// Indices that no symbol stands for, in the order of the elements.
    let escapes: [Int16]
    /// The words that states are refilled with.
    let words: UnsafeRawBufferPointer

    /// Takes a block of `count` elements apart.
    init(parsing bytes: UnsafeRawBufferPointer, lanes: Int, count: Int) throws {
        var cursor = ByteCursor(bytes)
        let states = try cursor.take(4 * lanes)
        self.states = (0..<lanes).map {
            UInt32(littleEndian: states.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
        }
        let escapeCount = try cursor.takeVariable()
        guard escapeCount <= count else {
            throw BantamError(.corruption, "expected at most \(count) escapes, found \(escapeCount)")
        }
        var escapes: [Int16] = []
        if escapeCount > 0 {
            var reader = BitReader(try cursor.take(cursor.takeVariable()))
            for _ in 0..<escapeCount {
                let magnitude = try reader.readGamma()
                let isNegative = try reader.read(bits: 1) == 1
                guard let escape = Int16(exactly: magnitude) else {
                    throw BantamError(.corruption, "expected indices below 2^15, found \(magnitude)")
                }
                escapes.append(isNegative ? -escape : escape)
            }
            try reader.finish()
        }
        self.escapes = escapes
        words = cursor.rest
    }

    /// The front of a block as bytes.
    package static func serialized(states: some Sequence<UInt32>, escapes: some Collection<Int16>) -> [UInt8]
    {
        var bytes: [UInt8] = []
        for state in states { withUnsafeBytes(of: state.littleEndian) { bytes += $0 } }
        bytes.append(variable: escapes.count)
        guard !escapes.isEmpty else { return bytes }
        var writer = BitWriter()
        for escape in escapes {
            writer.writeGamma(UInt32(escape.magnitude))
            writer.write(escape < 0 ? 1 : 0, bits: 1)
        }
        bytes.append(variable: writer.bytes.count)
        return bytes + writer.bytes
    }
}
