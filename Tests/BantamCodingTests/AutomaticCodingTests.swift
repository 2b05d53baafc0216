import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamCoding

/// What `auto` takes for arrays whose best coder is known.
@Suite struct AutomaticCodingTests {
    /// The coder that an array got, 0 if it stands plain.
    static func coder(_ tensor: Tensor, for optimization: Optimization, _ workers: Workers = .one) throws
        -> UInt8
    {
        let coded = try Coding.automatic(optimization).encode(tensor, workers: workers)
        guard let coded else { return 0 }
        let header = try coded.bytes.withUnsafeBytes { try CodedArray.header(of: $0) }
        var raw = [UInt8](repeating: 0, count: tensor.byteCount)
        try raw.withUnsafeMutableBytes { raw in
            try coded.bytes.withUnsafeBytes {
                try CodedArray.decode(
                    $0, of: tensor.dtype, columns: tensor.shape.codedColumns, into: raw, workers: workers)
            }
        }
        #expect(withExtendedLifetime(tensor) { raw == Array(tensor.storage.bytes) })
        return header.coder
    }

    static func weights(_ rows: Int, _ columns: Int) -> Tensor {
        var generator = SeededGenerator(seed: 11)
        return Tensor(.float32, [rows, columns], (0..<rows * columns).map { _ in generator.normal() })
    }

    /// Repeats of a thousand bytes.
    static func repeats(_ count: Int) -> Tensor {
        Tensor(.uint8, [count], (0..<count).map { UInt8(truncatingIfNeeded: $0 % 1000 * $0 % 1000 % 97) })
    }

    /// Numbers without repeats and of few bits, in a dtype that `fast` declines.
    static func smallNumbers(_ count: Int) -> Tensor {
        var generator = SeededGenerator(seed: 12)
        return Tensor(.int32, [count], (0..<count).map { _ in Int32(generator.normal() * 20) })
    }

    static let (zstd, lz4, huffman) = (1 as UInt8, 4 as UInt8, 5 as UInt8)
    static let (fast, dense, max) = (6 as UInt8, 7 as UInt8, 11 as UInt8)

    @Test func balancedTakesTheSmallestOfTheFastOnes() throws {
        #expect(try Self.coder(Self.weights(140, 500), for: .balanced, Workers(2)) == Self.fast)
        #expect(try Self.coder(Self.weights(40, 50), for: .balanced) == Self.huffman)
        #expect(try Self.coder(Self.repeats(300_000), for: .balanced, Workers(2)) == Self.zstd)
        #expect(try Self.coder(Self.repeats(20_000), for: .balanced) == Self.zstd)
    }

    /// Few codes that are not zero, in an array that takes no time to decode, and in a larger one.
    @Test func tinySparseCodesAreCodedAdaptively() throws {
        func codes(_ count: Int) -> Tensor {
            var generator = SeededGenerator(seed: 13)
            return Tensor(
                .int8, [count / 100, 100],
                (0..<count).map { _ in abs(generator.normal()) > 2 ? Int8(generator.normal() * 4) : 0 })
        }
        #expect(try Self.coder(codes(20_000), for: .balanced) == Self.max)
        #expect(try Self.coder(codes(60_000), for: .balanced) != Self.max)
        #expect(try Self.coder(Self.weights(40, 50), for: .balanced) != Self.max)
    }

    @Test func speedTakesTheFastestThatSavesEnough() throws {
        #expect(try Self.coder(Self.weights(140, 500), for: .speed) == Self.fast)
        // Repeats are copies to lz4, and no entropy to huffman.
        #expect(try Self.coder(Self.repeats(300_000), for: .speed) == Self.lz4)
        #expect(try Self.coder(Self.repeats(20_000), for: .speed) == Self.lz4)
        // Without repeats lz4 saves too little.
        #expect(try Self.coder(Self.smallNumbers(100_000), for: .speed) == Self.huffman)
    }

    @Test func sizeTakesMaxForWeights() throws {
        #expect(try Self.coder(Self.weights(10, 200), for: .size) == Self.max)
        // From pieces, as of a large array.
        let choice = AutomaticChoice(.size, pieceByteCount: 4 << 10)
        let weights = Self.weights(50, 200)
        let coded = try #require(try choice.encode(weights, workers: Workers(3)))
        #expect(coded.bytes[0] == Self.max)
        #expect(coded.bytes == (try choice.encode(weights, workers: .one))?.bytes)
        let repeats = try #require(try choice.encode(Self.repeats(20_000), workers: .one))
        #expect(repeats.bytes[0] != Self.max)
    }

    /// No coder that a user can name gives less.
    @Test func sizeIsTheSmallestOfAll() throws {
        let arrays = [
            Self.weights(30, 40), Self.repeats(3000), Self.smallNumbers(1000),
            Tensor(.uint32, [400], (0..<400).map { UInt32($0 * $0 / 7) }),
            Tensor(.float64, [300], [Double](repeating: 1.5, count: 300)),
        ]
        for tensor in arrays {
            let size = try #require(try Coding.automatic(.size).encode(tensor, workers: .one)).byteCount
            for name in Coders.names + ["zstd:19", "zstd:22", "zlib:9", "lz4:12"] {
                let other = try Coding(named: name).encode(tensor, workers: .one)
                #expect(other.map { $0.byteCount >= size } ?? true, "\(name) \(tensor.dtype)")
            }
            let balanced = try Coding.automatic.encode(tensor, workers: .one)
            let speed = try Coding.automatic(.speed).encode(tensor, workers: .one)
            #expect(size <= balanced?.byteCount ?? .max && size <= speed?.byteCount ?? .max)
        }
    }

    /// Small arrays are coded by all of them.
    @Test func balancedIsTheSmallestOfItsCoders() throws {
        let names = ["fast", "dense", "zstd:1", "zstd:19", "lz4", "huffman"]
        for (tensor, names) in [
            (Self.weights(30, 40), names), (Self.repeats(5000), names), (Self.smallNumbers(3000), names),
            (Self.repeats(300_000), ["fast", "zstd:1"]), (Self.weights(140, 500), ["fast", "zstd:1"]),
        ] {
            let least = try names.compactMap {
                try Coding(named: $0).encode(tensor, workers: .one)?.byteCount
            }.min()
            #expect(try Coding.automatic.encode(tensor, workers: .one)?.byteCount == least)
        }
    }

    @Test(arguments: Optimization.allCases) func noiseStaysPlain(_ optimization: Optimization) throws {
        for count in [3000, 300_000] where count < 10_000 || optimization != .size {
            let noise = Tensor(.uint8, [count], GeneralPurposeCoders.noise(count))
            #expect(try Self.coder(noise, for: optimization, Workers(2)) == 0)
        }
    }

    @Test(arguments: [Optimization.balanced, .speed]) func threadsDoNotShow(_ optimization: Optimization)
        throws
    {
        for tensor in [Self.weights(300, 500), Self.repeats(300_000)] {
            let one = try Coding.automatic(optimization).encode(tensor, workers: .one)?.bytes
            #expect(try Coding.automatic(optimization).encode(tensor, workers: Workers(4))?.bytes == one)
        }
    }

    /// Estimates never wait for slow coders.
    @Test(arguments: Optimization.allCases) func estimatesUseQuickCodersOnly(_ optimization: Optimization)
        throws
    {
        let choice = AutomaticChoice(optimization).estimating
        #expect(choice.optimization == optimization)
        for coder in choice.large + choice.slow {
            #expect(["fast", "dense", "zstd", "lz4", "huffman"].contains(coder.name))
        }
        #expect(Coding.automatic(optimization).fast.optimization == optimization)
        let estimate = try Coding.automatic(optimization).fast.encode(Self.weights(40, 50), workers: .one)
        #expect(try #require(estimate).byteCount < 40 * 50 * 4 * 9 / 10)
    }

    /// The rule for speed, with sizes made up: fast and zstd in front of lz4 and huffman.
    @Test func theChoiceForSpeed() {
        let choice = AutomaticChoice(.speed)
        let coders: [any Coder] = [FastCoder(), ZstdCoder(), LZ4Coder(), HuffmanCoder()]
        for (sizes, expected) in [
            ([700, 600, 1000, 650], 0), ([701, 600, 1000, 650], 1), ([1000, 600, 1000, 600], 1),
            ([1000, 660, 1000, 600], 3), ([700, 600, 650, 640], 2), ([1000, 1000, 1000, 1000], 0),
        ] {
            #expect(choice.choice(among: coders, sizes, of: 1000, isLarge: true) == expected, "\(sizes)")
        }
    }

    /// On large arrays `fast` or `lz4` is taken where it is within 1/64 of the bytes and a sixteenth of what is left, and
    /// saves three quarters; on small ones the smallest always.
    @Test func theBalancedChoice() {
        let choice = AutomaticChoice(.balanced)
        let coders: [any Coder] = [FastCoder(), DenseCoder(), ZstdCoder()]
        for (sizes, large, small) in [
            ([610, 600, 900], 0, 1), ([616, 600, 900], 1, 1), ([1000, 700, 600], 2, 2),
            ([600, 600, 600], 0, 0), ([975, 970, 980], 0, 1), ([980, 970, 990], 1, 1),
            ([115, 200, 100], 2, 2),
            ([105, 200, 100], 0, 2),
        ] {
            #expect(choice.choice(among: coders, sizes, of: 1000, isLarge: true) == large, "\(sizes)")
            #expect(choice.choice(among: coders, sizes, of: 1000, isLarge: false) == small, "\(sizes)")
        }
    }

    @Test func optimizationsNeedAChoice() throws {
        #expect(try Coding(named: "auto", optimizing: .size).description == "auto for size")
        #expect(try Coding(named: "auto").optimization == .balanced)
        for name in ["none", "zstd", "zstd:19", "max"] {
            #expect(try Coding(named: name).optimization == nil)
            let error = bantamError { _ = try Coding(named: name, optimizing: .speed) }
            #expect(error?.kind == .invalidArgument)
            #expect(
                error?.message
                    == "optimize: expected coding auto, which alone chooses for speed, found '\(name)'")
        }
        #expect(
            bantamError { _ = try Optimization(named: "small") }?.message
                == "optimize: expected one of size, balanced, speed, found 'small'")
    }
}
