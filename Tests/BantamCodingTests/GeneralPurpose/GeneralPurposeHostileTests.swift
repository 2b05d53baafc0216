import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

private typealias Shared = GeneralPurposeCoders

/// Damaged and made-up blocks: an error or other bytes, never a trap, never a byte outside (see `GuardedBytes`).
@Suite struct GeneralPurposeHostileTests {
    private static let names = ["zlib", "bzip2", "lz4", "lz4:12"]
    private static let blocks = [
        [UInt8](repeating: 0, count: 700), Shared.text(200), (0..<400).map { UInt8($0 * $0 % 7) },
    ]

    @Test(arguments: names) func everyTruncationIsRefused(_ name: String) throws {
        let coder = try Shared.coder(name)
        for bytes in Self.blocks {
            let coded = try #require(try Shared.encoded(bytes, coder))
            for length in coded.indices {
                let error = bantamError {
                    _ = try Shared.decoded(coded[..<length], coder, bytes.count)
                }
                #expect(error?.kind == .corruption, "\(length) of \(coded.count)")
            }
        }
    }

    @Test(arguments: names) func bytesAfterTheEndAreRefused(_ name: String) throws {
        let coder = try Shared.coder(name)
        for bytes in Self.blocks {
            let coded = try #require(try Shared.encoded(bytes, coder))
            for tail in [[0], [255], [0, 0, 0, 0, 0, 0], coded] as [[UInt8]] {
                let error = bantamError { _ = try Shared.decoded(coded + tail, coder, bytes.count) }
                #expect(error?.kind == .corruption, "\(tail)")
            }
        }
    }

    @Test(arguments: names) func anotherSizeIsRefused(_ name: String) throws {
        let coder = try Shared.coder(name)
        for bytes in Self.blocks {
            let coded = try #require(try Shared.encoded(bytes, coder))
            for count in [0, 1, bytes.count - 1, bytes.count + 1, 5 * bytes.count, 1 << 20] {
                let error = bantamError { _ = try Shared.decoded(coded, coder, count) }
                #expect(error?.kind == .corruption, "\(count)")
            }
        }
    }

    @Test(arguments: names) func flippedBitsStayInside(_ name: String) throws {
        let coder = try Shared.coder(name)
        for bytes in Self.blocks {
            let coded = try #require(try Shared.encoded(bytes, coder))
            var refused = 0
            for bit in 0..<coded.count * 8 {
                var damaged = coded
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                let error = bantamError { _ = try Shared.decoded(damaged, coder, bytes.count) }
                #expect(error == nil || error?.kind == .corruption)
                refused += error == nil ? 0 : 1
            }
            #expect(refused > 0)
        }
    }

    /// In its container a flipped bit is always noticed, unless it says nothing.
    @Test(arguments: names) func flippedBitsOfAnArrayAreNoticed(_ name: String) throws {
        let raw = Shared.text(2500)
        let coded = try #require(
            try raw.withUnsafeBytes {
                try CodedArray(
                    coding: $0, of: .int16, with: try Shared.coder(name), blockByteCount: 1024, workers: .one)
            }
        ).bytes
        for bit in 0..<coded.count * 8 {
            var damaged = coded
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let found = try? CodedArrayTests.decoded(damaged, .int16, raw.count)
            #expect(found == nil || found == raw, "bit \(bit)")
        }
    }

    @Test(arguments: names) func noiseStaysInside(_ name: String) throws {
        let coder = try Shared.coder(name)
        let real = try #require(try Shared.encoded(Shared.text(600), coder))
        for round in 0..<2000 {
            let noise = Shared.noise(round % 90, seed: UInt64(round))
            // Noise alone, and after the beginning of something real.
            for bytes in [noise, Array(real[..<(round % real.count)]) + noise] {
                let error = bantamError { _ = try Shared.decoded(bytes, coder, 600) }
                #expect(error == nil || error?.kind == .corruption)
            }
        }
    }

    /// A single block of the largest size in a few bytes is refused before anything is allocated for it.
    @Test(arguments: [2, 3, 4] as [UInt8]) func aBlockThatClaimsTooMuchIsRefused(_ identifier: UInt8) throws {
        let expansion = try Coders.identified(by: identifier).maximumExpansion
        // The largest claim of ten bytes, and one more: a block of 2^30 bytes with so many raw ones.
        for (excess, isRefused) in [(-1, false), (0, true)] {
            var rest = 10 * expansion + excess
            var bytes: [UInt8] = [identifier, 22, 30]
            repeat {
                bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
                rest >>= 7
            } while rest > 0
            bytes += [UInt8](repeating: 0, count: 4 + 10)
            let error = bantamError {
                try bytes.withUnsafeBytes { _ = try CodedArray.checkStructure(of: $0) }
            }
            #expect((error?.kind == .corruption) == isRefused)
            #expect(
                bantamError { _ = try CodedArrayTests.decoded(bytes, .uint8, 10 * expansion + excess) } != nil
            )
        }
    }
}
