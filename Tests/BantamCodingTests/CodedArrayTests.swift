import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

/// Coded arrays of every dtype, layout and length that a block boundary can fall into.
@Suite struct CodedArrayTests {
    static let arrangements = [
        Arrangement.plain, Arrangement(differences: false, bytePlanes: true),
        Arrangement(differences: true, bytePlanes: false), Arrangement(differences: true, bytePlanes: true),
    ]

    /// Bytes that shrink: few different values.
    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0..<5, using: &generator) }
    }

    static func decoded(
        _ coded: [UInt8], _ dtype: DType, _ count: Int, _ workers: Workers = .one
    ) throws
        -> [UInt8]
    {
        try coded.withUnsafeBytes { coded in
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                initialized = count
                try CodedArray.decode(
                    coded, of: dtype,
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
                    workers: workers)
            }
        }
    }

    @Test(arguments: DType.allCases) func everyLayoutComesBack(_ dtype: DType) throws {
        for arrangement in Self.arrangements {
            for count in [1, 15, 16, 64, 1008, 1024, 1040, 2048, 5008] {
                let bytes = Self.bytes(count)
                guard
                    let coded = try bytes.withUnsafeBytes({
                        try CodedArray(
                            coding: $0, of: dtype, with: ZstdCoder(), arrangement: arrangement,
                            blockByteCount: 1024, workers: .one)
                    })
                else {
                    #expect(count <= 64)
                    continue
                }
                #expect(coded.bytes.count < count + 4 * (count / 1024 + 1))
                #expect(try Self.decoded(coded.bytes, dtype, count) == bytes, "\(arrangement) \(count)")
            }
        }
    }

    /// A block of noise between blocks that shrink stands raw.
    @Test func aBlockThatDoesNotShrinkStandsRaw() throws {
        var generator = SeededGenerator(seed: 3)
        let bytes =
            Self.bytes(1024) + (0..<1024).map { _ in UInt8.random(in: 0...255, using: &generator) }
            + Self.bytes(100)
        let coded = try #require(
            try bytes.withUnsafeBytes {
                try CodedArray(
                    coding: $0, of: .uint8, with: ZstdCoder(), arrangement: .plain, blockByteCount: 1024,
                    workers: .one)
            })
        #expect(coded.bytes.count > 1024 && coded.bytes.count < 1600)
        #expect(try Self.decoded(coded.bytes, .uint8, bytes.count) == bytes)
    }

    @Test func noiseAndNothingAreNotCoded() throws {
        var generator = SeededGenerator(seed: 4)
        let noise = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for bytes in [noise, []] {
            let coded = try bytes.withUnsafeBytes {
                try CodedArray(coding: $0, of: .uint8, with: ZstdCoder(), workers: .one)
            }
            #expect(coded == nil)
        }
    }

    @Test func theContainerOfATinyArrayIsTiny() throws {
        let bytes = [UInt8](repeating: 7, count: 40)
        let coded = try #require(
            try bytes.withUnsafeBytes {
                try CodedArray(coding: $0, of: .uint8, with: ZstdCoder(level: 19), workers: .one)
            })
        // 8 bytes of container, the rest is zstd's frame.
        #expect(coded.bytes.count <= 24)
    }

    @Test func threadsDoNotShow() throws {
        let bytes = Self.bytes(3_000_000, seed: 9)
        let codings = try [1, 2, 4].map { threads in
            try bytes.withUnsafeBytes {
                try CodedArray(coding: $0, of: .int8, with: ZstdCoder(), workers: Workers(threads))?.bytes
            }
        }
        let first = try #require(codings[0])
        #expect(codings.allSatisfy { $0 == first })
        #expect(try Self.decoded(first, .int8, bytes.count, Workers(4)) == bytes)
    }

    /// Rising 16-bit indices shrink most as differences, normal floats as byte planes.
    @Test func theSmallestArrangementIsChosen() throws {
        var generator = SeededGenerator(seed: 5)
        var last: UInt16 = 0
        let rising = (0..<20000).map { _ -> UInt16 in
            last &+= UInt16.random(in: 0..<6, using: &generator)
            return last
        }
        let floats = (0..<500_000).map { _ in generator.normal() }
        let indices = Tensor(.uint16, [rising.count], rising)
        let weights = Tensor(.float32, [floats.count], floats)
        for (tensor, expected) in [
            (indices, Arrangement(differences: true, bytePlanes: true)),
            (weights, Arrangement(differences: false, bytePlanes: true)),
        ] {
            let coded = try #require(
                try Coding(named: "zstd").encode(tensor, workers: Workers(2)))
            let header = try coded.bytes.withUnsafeBytes { try CodedArray.header(of: $0) }
            #expect(header.arrangement == expected)
            #expect(header.dtype == tensor.dtype && header.rawByteCount == tensor.byteCount)
            let raw = try Self.decoded(coded.bytes, tensor.dtype, tensor.byteCount)
            #expect(raw == Array(tensor.storage.bytes))
        }
    }
}
