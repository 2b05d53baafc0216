// Why: the arithmetic coder under the models. One protocol for both directions lets encoder and decoder be the same
// model code, so that they cannot drift apart.

/// Codes binary decisions, each with the probability that a model gives it.
///
/// An encoder writes the decision it is given and returns it; a decoder ignores the argument and returns what was
/// written.
protocol BinaryCoder {
    /// Codes one decision. `probability` is that of a one, in 1/65536, from 1 to 65535.
    mutating func code(_ bit: Int, probability: UInt32) -> Int
    /// Codes `count` bits, up to 64, that are taken to be random.
    mutating func codeRaw(_ bits: UInt64, count: Int) -> UInt64
}

/// A range encoder with carry (G. N. N. Martin, "Range encoding: an algorithm for removing redundancy from a
/// digitised message", 1979), 32 bits of range, bytewise.
struct RangeEncoder: BinaryCoder {
    private var low: UInt64 = 0
    private var range: UInt32 = .max
    /// The last byte that a carry can still reach, and how many 255s follow it.
    private var held: UInt8 = 0
    private var heldFull = 0
    private var isFirst = true
    private var bytes: [UInt8] = []

    init(expecting byteCount: Int) { bytes.reserveCapacity(byteCount) }

    @inline(__always)
    mutating func code(_ bit: Int, probability: UInt32) -> Int {
        let bound = (range &>> 16) &* probability
        if bit != 0 {
            range = bound
        } else {
            low &+= UInt64(bound)
            range &-= bound
        }
        while range < 1 << 24 { shift() }
        return bit
    }

    @inline(__always)
    mutating func codeRaw(_ bits: UInt64, count: Int) -> UInt64 {
        var left = count
        while left > 0 {
            let step = min(left, 8)
            left &-= step
            range &>>= UInt32(truncatingIfNeeded: step)
            low &+= (bits &>> UInt64(left) & (1 &<< UInt64(step) &- 1)) &* UInt64(range)
            while range < 1 << 24 { shift() }
        }
        return bits
    }

    /// What was coded so far, ended so that zeros may be appended or left out at will.
    mutating func finish() -> [UInt8] {
        let end = low &+ UInt64(range)
        for zeros in stride(from: 32 as UInt64, through: 0, by: -1) {
            let candidate = ((low &+ (1 &<< zeros &- 1)) &>> zeros) &<< zeros
            if candidate < end {
                low = candidate
                break
            }
        }
        for _ in 0..<5 { shift() }
        while bytes.last == 0 { bytes.removeLast() }
        return bytes
    }

    private mutating func shift() {
        if low < 0xff00_0000 || low > 0xffff_ffff {
            let carry = UInt8(truncatingIfNeeded: low &>> 32)
            // The very first byte is always 0: the whole code is a number below one.
            if isFirst { isFirst = false } else { bytes.append(held &+ carry) }
            while heldFull > 0 {
                bytes.append(0xff &+ carry)
                heldFull &-= 1
            }
            held = UInt8(truncatingIfNeeded: low &>> 24)
        } else {
            heldFull &+= 1
        }
        low = (low & 0x00ff_ffff) &<< 8
        range &<<= 8
    }
}

/// Reads what a ``RangeEncoder`` wrote. Any bytes at all decode to something; beyond their end it reads zeros.
struct RangeDecoder: BinaryCoder {
    private var code: UInt32 = 0
    private var range: UInt32 = .max
    private let bytes: UnsafeRawBufferPointer
    /// How many bytes were asked for; may be more than there are.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        for _ in 0..<4 { code = code &<< 8 | next() }
    }

    @inline(__always)
    private mutating func next() -> UInt32 {
        let byte = position < bytes.count ? UInt32(bytes[position]) : 0
        position &+= 1
        return byte
    }

    @inline(__always)
    mutating func code(_ bit: Int, probability: UInt32) -> Int {
        let bound = (range &>> 16) &* probability
        let decision: Int
        if code < bound {
            range = bound
            decision = 1
        } else {
            code &-= bound
            range &-= bound
            decision = 0
        }
        while range < 1 << 24 {
            code = code &<< 8 | next()
            range &<<= 8
        }
        return decision
    }

    @inline(__always)
    mutating func codeRaw(_ bits: UInt64, count: Int) -> UInt64 {
        var result: UInt64 = 0
        var left = count
        while left > 0 {
            let step = UInt32(truncatingIfNeeded: min(left, 8))
            left &-= Int(step)
            range &>>= step
            let digit = min(code / range, 1 &<< step &- 1)
            code &-= digit &* range
            result = result &<< UInt64(step) | UInt64(digit)
            while range < 1 << 24 {
                code = code &<< 8 | next()
                range &<<= 8
            }
        }
        return result
    }
}
