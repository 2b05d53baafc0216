import BantamTestSupport
import Testing

@testable import BantamCoding

/// The arithmetic coder against one that adds every carry at once into a list of digits.
@Suite struct RangeCodingTests {
    struct SlowEncoder {
        var digits: [UInt8] = []
        var low: UInt64 = 0
        var range: UInt64 = 0xffff_ffff
        /// The longest run of 255s that a carry went through.
        var longestCarry = 0

        mutating func code(_ bit: Int, _ probability: UInt64) {
            let bound = range / 65536 * probability
            if bit == 1 { range = bound } else { add(bound, range - bound) }
            normalize()
        }

        mutating func codeRaw(_ bits: UInt64, _ count: Int) {
            var left = count
            while left > 0 {
                let step = min(left, 8)
                left -= step
                range /= 1 << UInt64(step)
                add((bits >> UInt64(left)) % (1 << UInt64(step)) * range, range)
                normalize()
            }
        }

        private mutating func add(_ amount: UInt64, _ rest: UInt64) {
            low += amount
            range = rest
            guard low >= 1 << 32 else { return }
            low -= 1 << 32
            var place = digits.count - 1
            while digits[place] == 255 {
                digits[place] = 0
                place -= 1
            }
            digits[place] += 1
            longestCarry = max(longestCarry, digits.count - 1 - place)
        }

        private mutating func normalize() {
            while range < 1 << 24 {
                digits.append(UInt8(low >> 24))
                low = low % (1 << 24) * 256
                range *= 256
            }
        }

        mutating func finish() -> [UInt8] {
            let end = low + range
            // The number in the interval that ends in most zeros.
            var last = low
            for zeros in 0...32 as ClosedRange<UInt64> {
                let unit: UInt64 = 1 << zeros
                let rounded = (low + unit - 1) / unit * unit
                if rounded < end { last = rounded }
            }
            add(last - low, 0)
            for shift in [24, 16, 8, 0] as [UInt64] { digits.append(UInt8(low >> shift & 255)) }
            while digits.last == 0 { digits.removeLast() }
            return digits
        }
    }

    /// Decisions whose probabilities are often at their limits; every third number is raw bits.
    static func decisions(_ seed: UInt64) -> [(bit: Int, probability: UInt32, raw: Int)] {
        var generator = SeededGenerator(seed: seed)
        return (0..<3000).map { _ in
            let probability: UInt32 =
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: 1
                case 1: 65535
                case 2: 32768
                default: UInt32.random(in: 1...65535, using: &generator)
                }
            let likely = UInt32.random(in: 0..<65536, using: &generator) < probability ? 1 : 0
            let bit = Int.random(in: 0..<8, using: &generator) == 0 ? 1 - likely : likely
            return (bit, probability, Int.random(in: -60...64, using: &generator))
        }
    }

    /// `count` bits that look random.
    static func bits(_ seed: UInt32, _ count: Int) -> UInt64 {
        count == 0 ? 0 : (UInt64(seed) &* 0x9e37_79b9_7f4a_7c15) >> UInt64(64 - count)
    }

    @Test func theSameBytesAsTheSlowEncoderAndBack() {
        var longestCarry = 0
        for seed in 0..<40 as Range<UInt64> {
            let decisions = Self.decisions(seed)
            var slow = SlowEncoder()
            var fast = RangeEncoder(expecting: 100)
            for (bit, probability, raw) in decisions {
                slow.code(bit, UInt64(probability))
                #expect(fast.code(bit, probability: probability) == bit)
                if raw >= 0 {
                    let bits = Self.bits(probability, raw)
                    slow.codeRaw(bits, raw)
                    _ = fast.codeRaw(bits, count: raw)
                }
            }
            let bytes = fast.finish()
            #expect(bytes == slow.finish())
            longestCarry = max(longestCarry, slow.longestCarry)
            bytes.withUnsafeBytes {
                var decoder = RangeDecoder($0)
                for (bit, probability, raw) in decisions {
                    #expect(decoder.code(0, probability: probability) == bit)
                    if raw >= 0 {
                        let bits =
                            Self.bits(probability, raw)
                        #expect(decoder.codeRaw(0, count: raw) == bits)
                    }
                }
            }
        }
        #expect(longestCarry >= 1)
    }

    /// Narrows the interval around a place where all digits are 255, then steps over it.
    @Test func aCarryGoesThroughManyDigits() {
        var slow = SlowEncoder()
        var fast = RangeEncoder(expecting: 100)
        var coded: [(Int, UInt32)] = []
        func code(_ bit: Int, _ probability: UInt32) {
            slow.code(bit, UInt64(probability))
            _ = fast.code(bit, probability: probability)
            coded.append((bit, probability))
        }
        code(1, 32768)
        // The upper end of the interval is kept: its digits are 127, 255, 255, 255, …
        for _ in 0..<200 { code(0, 65535) }
        let full = slow.digits.filter { $0 == 255 }.count
        #expect(full > 100)
        // Of a narrow interval that spans the carry, the upper part.
        for bit in [1, 0, 0, 1, 0, 0] { code(bit, 20000) }
        let bytes = fast.finish()
        #expect(bytes == slow.finish())
        bytes.withUnsafeBytes {
            var decoder = RangeDecoder($0)
            for (bit, probability) in coded { #expect(decoder.code(0, probability: probability) == bit) }
        }
    }

    @Test func nothingButTheLikelyCostsNothing() {
        var encoder = RangeEncoder(expecting: 0)
        for _ in 0..<1000 { _ = encoder.code(1, probability: 65535) }
        #expect(encoder.finish().isEmpty)
    }
}
