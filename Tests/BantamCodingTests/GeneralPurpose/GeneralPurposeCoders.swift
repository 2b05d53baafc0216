import BantamCoding
import BantamTensors
import BantamTestSupport
import Testing

/// What the tests of the coders through other libraries share.
enum GeneralPurposeCoders {
    static let names = [
        "zstd", "zlib", "zlib:1", "zlib:9", "bzip2", "bzip2:1", "lz4", "lz4:1", "lz4:9", "lz4:12",
    ]

    static func coder(_ name: String) throws -> any Coder { try #require(try Coders.named(name)) }

    /// Small numbers of equal bytes in a row, repeats among them.
    static func text(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        while bytes.count < count {
            if bytes.count > 40, Bool.random(using: &generator) {
                let start = Int.random(in: 0..<bytes.count - 20, using: &generator)
                bytes += bytes[start..<start + 20]
            } else {
                bytes += [UInt8](repeating: .random(in: 0..<9, using: &generator), count: 3)
            }
        }
        return Array(bytes[..<count])
    }

    static func noise(_ count: Int, seed: UInt64 = 2) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in .random(in: 0...255, using: &generator) }
    }

    static func encoded(_ bytes: [UInt8], _ coder: any Coder) throws -> [UInt8]? {
        let guarded = GuardedBytes(bytes)
        return try coder.encode(UnsafeRawBufferPointer(guarded.bytes), BlockContext(.uint8))
    }

    /// The block of `count` bytes, decoded from and into memory with nothing behind it.
    static func decoded(_ bytes: some Collection<UInt8>, _ coder: any Coder, _ count: Int) throws -> [UInt8] {
        let (source, target) = (GuardedBytes(bytes), GuardedBytes(count: count))
        defer { #expect(target.isUntouchedBefore) }
        try coder.decode(UnsafeRawBufferPointer(source.bytes), BlockContext(.uint8), into: target.bytes)
        return Array(target.bytes)
    }
}
