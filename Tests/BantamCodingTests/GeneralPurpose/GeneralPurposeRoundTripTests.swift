import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

private typealias Shared = GeneralPurposeCoders

/// Every block and array that goes in comes out.
@Suite struct GeneralPurposeRoundTripTests {
    @Test(arguments: GeneralPurposeCoders.names) func everyShortBlock(_ name: String) throws {
        let coder = try Shared.coder(name)
        for count in 0...300 {
            for bytes in [
                [UInt8](repeating: 7, count: count), Shared.text(count), Shared.noise(count),
                (0..<count).map { UInt8($0 % 2 * 255) },
            ] {
                guard let coded = try Shared.encoded(bytes, coder) else { continue }
                #expect(coded.count < count)
                #expect(try Shared.decoded(coded, coder, count) == bytes)
            }
        }
    }

    /// Lengths around those where the libraries change their ways: windows, sorted blocks, runs, lengths.
    @Test(arguments: GeneralPurposeCoders.names) func longBlocks(_ name: String) throws {
        let coder = try Shared.coder(name)
        for count in [4095, 32767, 32769, 65547, 100_001] {
            for bytes in [[UInt8](repeating: 0, count: count), Shared.text(count)] {
                let coded = try #require(try Shared.encoded(bytes, coder))
                #expect(coded.count < count / 4 * 3)
                #expect(try Shared.decoded(coded, coder, count) == bytes, "\(count)")
            }
        }
    }

    @Test(arguments: GeneralPurposeCoders.names) func nothingAndNoiseDoNotShrink(_ name: String) throws {
        let coder = try Shared.coder(name)
        for bytes in [[], [9], Shared.noise(2), Shared.noise(5000), Shared.noise(200_000)] {
            #expect(try Shared.encoded(bytes, coder) == nil)
        }
    }

    /// Blocks of 1 MiB of one byte are what expands most, and no reader may refuse them.
    @Test(arguments: GeneralPurposeCoders.names) func noBlockComesNearTheExpansionBound(_ name: String) throws
    {
        let coder = try Shared.coder(name)
        for byte in [0, 1, 255] as [UInt8] {
            let bytes = [UInt8](repeating: byte, count: coder.blockByteCount)
            let coded = try #require(try Shared.encoded(bytes, coder))
            #expect(coded.count > bytes.count / coder.maximumExpansion)
        }
    }

    @Test(arguments: ["zlib", "bzip2", "lz4"], DType.allCases)
    func arraysOfEveryDtype(_ name: String, _ dtype: DType) throws {
        let coder = try Shared.coder(name)
        let width = max(1, dtype.bitWidth / 8)
        for count in [1, 3, 127, 128, 129, 255, 256, 257, 1000].map({ $0 * width }) {
            for bytes in [[UInt8](repeating: 3, count: count), Shared.text(count), Shared.noise(count)] {
                let coded = try bytes.withUnsafeBytes {
                    try CodedArray(coding: $0, of: dtype, with: coder, blockByteCount: 1024, workers: .one)
                }
                guard let coded else {
                    #expect(count < 64 * width || bytes != Shared.text(count))
                    continue
                }
                #expect(coded.bytes[0] == coder.identifier)
                #expect(try CodedArrayTests.decoded(coded.bytes, dtype, count) == bytes)
            }
        }
    }

    @Test(arguments: GeneralPurposeCoders.names) func threadsDoNotShow(_ name: String) throws {
        let coder = try Shared.coder(name)
        let bytes = Shared.text(80_000)
        let codings = try [1, 4].map { threads in
            try bytes.withUnsafeBytes {
                try CodedArray(
                    coding: $0, of: .bfloat16, with: coder, blockByteCount: 1 << 14,
                    workers: Workers(threads))?.bytes
            }
        }
        let first = try #require(codings[0])
        #expect(codings[1] == first)
        #expect(try CodedArrayTests.decoded(first, .bfloat16, bytes.count, Workers(4)) == bytes)
    }

    /// A level is the encoder's affair: any of them is read by the coder without one.
    @Test(arguments: ["zlib", "bzip2", "lz4"]) func everyLevelIsReadAlike(_ name: String) throws {
        let reader = try Shared.coder(name)
        let bytes = Shared.text(20_000)
        for level in 1...(name == "lz4" ? 12 : 9) {
            let coder = try Shared.coder("\(name):\(level)")
            let coded = try #require(try Shared.encoded(bytes, coder))
            #expect(coder.identifier == reader.identifier)
            #expect(try Shared.decoded(coded, reader, bytes.count) == bytes)
        }
    }

    @Test(arguments: [
        ("zlib:0", "zlib: expected a level from 1 to 9, found '0'"),
        ("zlib:10", "zlib: expected a level from 1 to 9, found '10'"),
        ("bzip2:", "bzip2: expected a level from 1 to 9, found ''"),
        ("lz4:13", "lz4: expected a level from 1 to 12, found '13'"),
        ("lz4:99999999999999999999", "lz4: expected a level from 1 to 12, found '99999999999999999999'"),
    ]) func wrongLevels(_ name: String, _ message: String) {
        let error = bantamError { _ = try Coding(named: name) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message == message)
    }
}
