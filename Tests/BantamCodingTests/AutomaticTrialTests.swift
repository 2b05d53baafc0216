import BantamTensors
import BantamTestSupport
import Glibc
import Testing

@testable import BantamCoding

/// What `auto` takes for large arrays, against what the coders themselves make of all of them.
@Suite struct AutomaticTrialTests {
    static let columns = 2048

    /// A matrix of normal numbers, each made into a weight that may depend on its row and column.
    static func matrix(
        _ dtype: DType, rows: Int = 256, columns: Int = columns, _ weight: (Float, Int, Int) -> Float
    ) throws -> Tensor {
        var generator = SeededGenerator(seed: 21)
        let values = (0..<rows * columns).map { index in
            weight(generator.normal(), index / columns, index % columns)
        }
        guard dtype != .int8 else { return Tensor(.int8, [rows, columns], values.map { Int8($0) }) }
        return try Tensor(.float32, [rows, columns], values).float32(roundedTo: dtype)
    }

    static func scales(_ count: Int, _ deviation: Float) -> [Float] {
        var generator = SeededGenerator(seed: 22)
        return (0..<count).map { _ in exp2(generator.normal() * deviation) }
    }

    static func byteCount(_ tensor: Tensor, _ coding: Coding) throws -> Int {
        try coding.encode(tensor, workers: Workers(2))?.byteCount ?? tensor.byteCount
    }

    /// Arrays whose best coders differ, all of more than 256 KiB.
    static func arrays() throws -> [(name: String, tensor: Tensor)] {
        let scales = scales(columns, 1)
        var generator = SeededGenerator(seed: 23)
        return [
            ("normal", try matrix(.bfloat16) { value, _, _ in value }),
            ("columns", try matrix(.bfloat16) { value, _, column in value * scales[column] }),
            (
                "rows and columns",
                try matrix(.float16) { value, row, column in value * scales[row] * scales[column] / 64 }
            ),
            ("positive", try matrix(.bfloat16) { value, _, _ in abs(value) }),
            ("half zeros", try matrix(.bfloat16) { value, _, _ in value < 0 ? 0 : 2 * value - 1 }),
            (
                "wild columns",
                try matrix(.float32) { value, _, column in
                    value * exp2(Float((column * 7919) % 120 - 60))
                }
            ),
            (
                "was bfloat16",
                try matrix(.float16) { value, _, _ in
                    Float(bitPattern: value.bitPattern & 0xffff_0000)
                }
            ),
            (
                "ternary",
                try matrix(.bfloat16) { value, _, _ in abs(value) < 1 ? 0 : value < 0 ? -0.04 : 0.04 }
            ),
            (
                "was float32",
                Tensor(.float64, [100, 1000], (0..<100_000).map { _ in Double(generator.normal()) })
            ),
            ("repeats", AutomaticCodingTests.repeats(300_000)),
            ("constant", Tensor(.float32, [100_000], [Float](repeating: 0.5, count: 100_000))),
        ]
    }

    /// Nothing that is tried is smaller by more than a 64th of the bytes, and speed finds nothing smaller.
    @Test func balancedIsWithinASixtyFourthOfItsCoders() throws {
        for (name, tensor) in try Self.arrays() {
            let sizes = try ["fast", "dense", "zstd:1", "lz4", "huffman"].map {
                try Self.byteCount(tensor, Coding(named: $0))
            }
            let least = sizes.min() ?? 0
            let balanced = try Self.byteCount(tensor, .automatic)
            #expect(64 * (balanced - least) <= tensor.byteCount, "\(name): \(balanced) of \(sizes)")
            #expect(balanced <= (try Self.byteCount(tensor, .automatic(.speed))), "\(name)")
        }
    }

    /// A piece of 64 KiB has 16 of these rows, of which the scales of 2048 columns cannot be learnt.
    @Test func scalesOfColumnsAreSeen() throws {
        let scales = Self.scales(Self.columns, 0.75)
        let scaled = try Self.matrix(.bfloat16) { value, _, column in value * scales[column] }
        let saved =
            try Self.byteCount(scaled, Coding(named: "fast")) - Self.byteCount(scaled, Coding(named: "dense"))
        #expect(64 * saved > scaled.byteCount)
        #expect(
            try AutomaticCodingTests.coder(scaled, for: .balanced, Workers(3)) == AutomaticCodingTests.dense)
        // By the pieces alone it would not be.
        let pieces = AutomaticChoice(.speed, coders: [FastCoder(), DenseCoder()], pieceByteCount: 64 << 10)
        let (fast, dense) = (
            try pieces.share(of: scaled, FastCoder()), try pieces.share(of: scaled, DenseCoder())
        )
        #expect(64 * (fast - dense) < 1)
        // Nor is it where there are no such scales.
        let plain = try Self.matrix(.bfloat16) { value, _, _ in value }
        #expect(
            try AutomaticCodingTests.coder(plain, for: .balanced, Workers(3)) == AutomaticCodingTests.fast)
    }

    /// Few rows of many columns: on pieces of 16 KiB `dense` and `max` are close, and `max` learns on.
    @Test func sizeLooksTwiceWhereCodersAreClose() throws {
        let taps: [Float] = [0.1, 1, 0.1, 1, 10, 1, 0.1, 1, 0.1]
        let choice = AutomaticChoice(.size, pieceByteCount: 8 << 10)
        for tensor in [
            try Self.matrix(.bfloat16, rows: 48, columns: 1152) { value, _, column in value * taps[column % 9]
            },
            try Self.matrix(.int8, rows: 100, columns: 700) { value, _, _ in (value * 20).rounded() },
        ] {
            let size = try #require(try choice.encode(tensor, workers: Workers(2))).byteCount
            for coder in choice.large {
                let other = try AutomaticChoice.coded(tensor, by: coder, workers: .one)
                #expect(size <= other?.byteCount ?? .max, "\(coder.name)")
            }
        }
    }

    /// `fast` needs 16384 elements in a row to leave out what float64 has more than float32.
    @Test func doublesThatWereFloatsAreFast() throws {
        var generator = SeededGenerator(seed: 24)
        let tensor = Tensor(.float64, [200, 1000], (0..<200_000).map { _ in Double(generator.normal()) })
        #expect(try AutomaticCodingTests.coder(tensor, for: .speed) == AutomaticCodingTests.fast)
        #expect(try AutomaticCodingTests.coder(tensor, for: .balanced) == AutomaticCodingTests.fast)
    }

    @Test(arguments: [Optimization.balanced, .speed]) func threadsDoNotShow(_ optimization: Optimization)
        throws
    {
        for (name, tensor) in try Self.arrays() {
            let one = try Coding.automatic(optimization).encode(tensor, workers: .one)?.bytes
            #expect(
                try Coding.automatic(optimization).encode(tensor, workers: Workers(4))?.bytes == one,
                "\(name)")
        }
    }

    /// Rising positions with gaps of a geometric distribution, whose entropy is known.
    @Test func risingPositionsTakeTheEntropyOfTheirGaps() throws {
        var generator = SeededGenerator(seed: 25)
        let (count, chance) = (60_000, 0.05)
        var last = 0
        let positions = (0..<count).map { _ -> Int in
            last +=
                1
                + Int(log(Double.random(in: .leastNonzeroMagnitude...1, using: &generator)) / log(1 - chance))
            return last
        }
        let entropy =
            -(chance * log2(chance) + (1 - chance) * log2(1 - chance)) / chance * Double(count) / 8
        let pairs: [(Tensor, Tensor)] = [
            (
                Tensor(.int32, [count], positions.map(Int32.init)),
                Tensor(.uint32, [count], positions.map(UInt32.init))
            ),
            (
                Tensor(.int64, [count], positions.map(Int64.init)),
                Tensor(.uint64, [count], positions.map(UInt64.init))
            ),
            (
                Tensor(.int16, [count], positions.map { Int16($0 % 5000) }),
                Tensor(.uint16, [count], positions.map { UInt16($0 % 5000) })
            ),
        ]
        for (signed, unsigned) in pairs {
            for name in ["zstd", "zlib", "bzip2", "lz4", "huffman"] {
                let size = try Self.byteCount(signed, Coding(named: name))
                #expect(
                    size == (try Self.byteCount(unsigned, Coding(named: name))), "\(name) \(signed.dtype)")
                // A code word has a bit at least, that of the upper byte of int16 too.
                #expect(name != "huffman" || Double(size) < 1.2 * entropy, "\(size) \(signed.dtype)")
            }
            let coded = try Self.byteCount(signed, .automatic)
            #expect(Double(coded) < 1.05 * entropy && Double(coded) > 0.98 * entropy, "\(signed.dtype)")
        }
    }
}

extension AutomaticChoice {
    /// What a coder leaves of the pieces of a large array.
    func share(of tensor: Tensor, _ coder: any Coder) throws -> Double {
        let choice = AutomaticChoice(optimization, coders: [coder], pieceByteCount: pieceByteCount)
        return try #require(try choice.coderForLarge(tensor, workers: .one)).share
    }
}
