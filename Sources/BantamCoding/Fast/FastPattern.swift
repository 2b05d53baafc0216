// Why: blocks of zeros, or of any one element, are common in weights and need no coding at all.

import Glibc

/// A block that repeats its first 32 bytes: a zero and these bytes.
enum FastPattern {
    static let number: UInt8 = 0
    /// Whole elements of any dtype.
    static let period = 32
    /// Longer blocks would stand for more than the coder's expansion allows.
    static let longestBlock = 1 << 20

    /// The bytes of the code, or `nil` if the block is no pattern.
    static func encode(_ block: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer) -> Int? {
        guard block.count > period + 1, block.count <= longestBlock, let start = block.baseAddress,
            memcmp(start, start + period, block.count - period) == 0
        else { return nil }
        result[0] = number
        UnsafeMutableRawBufferPointer(rebasing: result[1...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<period]))
        return 1 + period
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer) throws {
        guard bytes.count == 1 + period, block.count > period + 1, block.count <= longestBlock,
            let start = block.baseAddress, let pattern = bytes.baseAddress
        else {
            throw FastCoder.damaged("a pattern of \(period) bytes", "\(bytes.count) for \(block.count)")
        }
        var done = period
        memcpy(start, pattern + 1, period)
        while done < block.count {
            let copied = min(done, block.count - done)
            memcpy(start + done, start, copied)
            done += copied
        }
    }
}
