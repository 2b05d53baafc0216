import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

/// What users can name, and when an array is left plain.
@Suite struct CodingTests {
    @Test func names() throws {
        for name in [
            "none", "auto", "zstd", "zstd:3", "zstd:19", "zstd:22", "zlib", "zlib:1", "zlib:9", "bzip2",
            "bzip2:1",
            "lz4", "lz4:1", "lz4:12",
        ] {
            #expect(try Coding(named: name).name == name)
        }
        for (long, short) in [("zstd:1", "zstd"), ("zlib:6", "zlib"), ("bzip2:9", "bzip2")] {
            #expect(try Coding(named: long).name == short)
        }
    }

    @Test(arguments: ["", "gzip", "zstd:0", "zstd:23", "zstd:", "zstd:fast", "auto:3", "none:1", "ZSTD"])
    func wrongNames(_ name: String) {
        let error = bantamError { _ = try Coding(named: name) }
        #expect(error?.kind == .invalidArgument)
        let parameter = name.hasPrefix("zstd:") ? String(name.dropFirst(5)) : name
        #expect(error?.message.hasSuffix("found '\(parameter)'") == true)
    }

    @Test func anUnknownNameListsTheKnownOnes() {
        let error = bantamError { _ = try Coding(named: "lzma") }
        #expect(
            error?.message
                == "coding: expected one of none, auto, zstd, zlib, bzip2, lz4, huffman, fast, dense, max, "
                + "found 'lzma'")
    }

    @Test func plainIsKeptWhenCodingSavesTooLittle() throws {
        var generator = SeededGenerator(seed: 6)
        let noise = Tensor(
            .uint8, [10000], (0..<10000).map { _ in UInt8.random(in: 0...255, using: &generator) })
        // 7.9 bits of entropy in a byte: about 98.5 % of the raw bytes.
        let nearNoise = Tensor(
            .uint8, [10000], (0..<10000).map { _ in UInt8.random(in: 0...238, using: &generator) })
        let zeros = Tensor(.float32, [300], [Float](repeating: 0, count: 300))
        let four = Tensor(.float32, [4], [Float](repeating: 0, count: 4))
        for name in ["auto", "zstd", "zstd:19"] {
            let coding = try Coding(named: name)
            #expect(try coding.encode(noise, workers: .one)?.bytes == nil)
            #expect(try coding.encode(nearNoise, workers: .one)?.bytes == nil)
            #expect(try coding.encode(four, workers: .one)?.bytes == nil)
            #expect(try coding.encode(zeros, workers: .one)?.bytes != nil)
        }
        #expect(try Coding.none.encode(zeros, workers: .one)?.bytes == nil)
    }

    /// Values below 240 of 256 take log₂ 240 = 7.91 bits, 98.8 % of a byte.
    @Test(arguments: ["fast", "dense", "max"])
    func onlyAutoLeavesWhatHardlyShrinks(name: String) throws {
        var state: UInt64 = 7
        let tensor = Tensor(
            .uint8, [256, 256],
            (0..<65_536).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: (state >> 33) % 240)
            })
        let coded = try #require(try Coding(named: name).encode(tensor, workers: .one))
        #expect(coded.byteCount < 65_536 && coded.byteCount * 100 > 65_536 * 98)
        #expect(try Coding.automatic.encode(tensor, workers: .one) == nil)
        #expect(try Coding.automatic(.speed).encode(tensor, workers: .one) == nil)
        let smallest = try #require(try Coding.automatic(.size).encode(tensor, workers: .one))
        #expect(smallest.byteCount <= coded.byteCount)
    }
}
