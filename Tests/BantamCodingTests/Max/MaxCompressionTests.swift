import BantamTensors
import BantamTestSupport
import Glibc
import Testing

@testable import BantamCoding

/// What the models are for, against the entropy of data whose distribution is known.
@Suite struct MaxCompressionTests {
    static func bytes<Element: BitwiseCopyable>(_ elements: [Element]) -> [UInt8] {
        elements.withUnsafeBytes { Array($0) }
    }

    /// Bits per element of the order-0 entropy.
    static func entropy<Element: Hashable>(_ elements: [Element]) -> Double {
        var counts: [Element: Double] = [:]
        for element in elements { counts[element, default: 0] += 1 }
        return counts.values.reduce(0) { $0 - $1 * log2($1 / Double(elements.count)) }
            / Double(elements.count)
    }

    /// Rows and columns of very different scale: the shape shows what the values alone do not.
    @Test func scalesOfRowsAndColumnsAreFound() {
        var generator = SeededGenerator(seed: 1)
        let columns = 64
        let codes = (0..<columns * 200).map { index -> Int8 in
            let scale = exp2f(Float(index % columns % 5) + Float(index / columns * 7 % 5) - 5)
            return Int8(max(-127, min(127, (generator.normal() * scale * 6).rounded())))
        }
        // What a coder could reach that knew all scales and the distribution of each of the nine products.
        let classes = Dictionary(grouping: codes.indices) { $0 % columns % 5 + $0 / columns * 7 % 5 }
        let bound =
            classes.values.reduce(0.0) { $0 + Self.entropy($1.map { codes[$0] }) * Double($1.count) } / 8
        let shaped = MaxBlockTests.coded(Self.bytes(codes), BlockContext(.int8, columns: columns))
        #expect(Double(shaped.count) < 1.1 * bound)
        #expect(Double(shaped.count) < 0.9 * Self.entropy(codes) / 8 * Double(codes.count))
    }

    /// Geometric gaps: sorted indices take at most 2 % and the learning more than their entropy.
    @Test func sortedIndicesComeNearTheirEntropy() {
        var generator = SeededGenerator(seed: 2)
        var last: UInt32 = 0
        let indices = (0..<12000).map { _ -> UInt32 in
            last += 1
            while UInt8.random(in: 0..<10, using: &generator) != 0 { last += 1 }
            return last
        }
        let bound = (-0.1 * log2(0.1) - 0.9 * log2(0.9)) / 0.1 * 12000 / 8
        let coded = MaxBlockTests.coded(Self.bytes(indices), BlockContext(.uint32))
        #expect(Double(coded.count) < 1.02 * bound + 60)
    }

    @Test func bitmasksComeNearTheirEntropy() {
        var generator = SeededGenerator(seed: 3)
        let mask = (0..<8000).map { _ in
            (0..<8).reduce(UInt8(0)) { byte, _ in
                byte << 1 | (UInt8.random(in: 0..<10, using: &generator) == 0 ? 1 : 0)
            }
        }
        let bound = (-0.1 * log2(0.1) - 0.9 * log2(0.9)) * 8000
        #expect(Double(MaxBlockTests.coded(mask, BlockContext(.uint8)).count) < 1.01 * bound + 60)
    }

    /// Rows that were once fp16 cost 13 bits an element less; noise at the end of others costs nothing.
    @Test func lowZeroBitsAreFoundAndNoiseCostsNothing() {
        var generator = SeededGenerator(seed: 4)
        let full = (0..<8192).map { _ in UInt32.random(in: 0..<1 << 23, using: &generator) | 0x3f80_0000 }
        let halved = full.map { $0 & ~0x1fff }
        let mixed = full[..<4096].map { $0 & ~0x1fff } + full[4096...]
        let sizes = [full, halved, mixed].map {
            Double(MaxBlockTests.coded(Self.bytes($0), BlockContext(.float32, columns: 64)).count) * 8 / 8192
        }
        #expect(sizes[0] < 23.1 && sizes[1] < 10.1 && sizes[2] < 16.65)
    }

    /// What a layer begins with: all values up to an edge that is no power of two are equally likely, none beyond it.
    @Test func edgesOfUniformNoiseAreFound() {
        var generator = SeededGenerator(seed: 7)
        let edge: Float = 0.0255
        let values = (0..<1 << 15).map { _ in Float.random(in: -edge..<edge, using: &generator) }
        let bits = values.map { UInt16($0.bitPattern >> 16) }
        // Of each value the share of the range that it stands for.
        let bound = bits.reduce(0.0) { sum, bits in
            let ulp = Float(bitPattern: UInt32(bits & 0x7fff) << 16).ulp * 65536
            return sum - Double(log2(ulp / (2 * edge)))
        }
        let sizes = [MaxForm.second, .third].map {
            Double(8 * MaxBlockTests.coded(Self.bytes(bits), BlockContext(.bfloat16, columns: 512), $0).count)
        }
        #expect(sizes[1] < 1.004 * bound && 1.004 * bound < sizes[0])
    }

    /// A few different values in an order that means nothing.
    @Test func palettesAreFound() {
        var generator = SeededGenerator(seed: 5)
        let palette = (0..<8).map { _ in generator.normal() }
        let values = (0..<8000).map { _ in palette[Int.random(in: 0..<8, using: &generator)] }
        let coded = MaxBlockTests.coded(Self.bytes(values), BlockContext(.float32))
        #expect(Double(coded.count) < 1.05 * 3 * 1000)
    }
}
