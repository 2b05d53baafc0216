import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamArchive

/// Tensors that are coded on their way into the file: the same arrays as without, whatever the threads.
@Suite struct StreamingTests {
    /// Bytes of bfloat16 elements: random ones, of which those outside noise have high bytes that say little.
    private static func bytes(_ count: Int, isNoise: (Int) -> Bool, seed: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { index in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let random = UInt8(truncatingIfNeeded: state >> 56)
            return isNoise(index) || index % 2 == 0 ? random : 0x3c + random % 3
        }
    }

    private static let names = ["kept", "layers", "single", "small", "turns", "wide"]
    /// Those that a stream takes, and the one of them that shrinks clearly only where samples are taken: `auto` leaves it plain.
    private static let streamed = ["layers", "single", "turns"]
    private static let refused = "turns"

    private static func source(_ folder: URL) throws -> SafetensorsFile {
        func tensor(_ rows: Int, _ columns: Int, isNoise: (Int) -> Bool = { _ in false }, _ seed: UInt64)
            -> Tensor
        {
            let bytes = bytes(2 * rows * columns, isNoise: isNoise, seed: seed)
            return Tensor(
                .bfloat16, [rows, columns],
                (0..<rows * columns).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 })
        }
        let tensors = [
            tensor(700, 512, isNoise: { _ in true }, 1), tensor(1300, 1000, 2), tensor(400, 400, 3),
            tensor(10, 20, 4), tensor(1500, 1024, isNoise: { abs($0 % 768_000 - 384_000) > 40_000 }, 5),
            Tensor(.float32, [3], [Float](repeating: 7, count: 3)),
        ]
        let path = folder.file("source.safetensors")
        let entries = zip(names, tensors).map { TensorEntry(name: $0, dtype: $1.dtype, shape: $1.shape) }
        try SafetensorsWriter.write(TensorSource(entries) { tensors[$0] }, to: path)
        return try SafetensorsFile(path)
    }

    /// Compresses, through streams where they are taken; returns the names of those tensors.
    @discardableResult
    private static func compress(
        _ source: SafetensorsFile, to path: String, _ workers: Workers, streaming: Bool = true
    ) throws -> [String] {
        let writer = try ArchiveWriter(
            path, overwriting: true, source: source, coding: .automatic(.speed))
        let taken = try workers.map(source.entries.count) { index -> String? in
            let original = try source.tensor(at: index)
            if streaming, try writer.stream(original, at: index) { return source.entries[index].name }
            try writer.add(
                writer.prepare(.dense(original), workers: workers), at: index, original: original)
            return nil
        }
        let summary = try writer.finish(workers: workers)
        #expect(summary.tensors.allSatisfy { $0.isLossless })
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(summary.byteCount == size)
        return taken.compactMap { $0 }
    }

    @Test func theArraysAreThoseOfPreparedTensors() throws {
        try withTemporaryFolder { folder in
            let source = try Self.source(folder)
            let (streamed, prepared) = (folder.file("a.safetensors"), folder.file("b.safetensors"))
            let taken = try Self.compress(source, to: streamed, Workers(3))
            #expect(taken.sorted() == Self.streamed)
            try Self.compress(source, to: prepared, .one, streaming: false)
            let (a, b) = (try SafetensorsFile(streamed), try SafetensorsFile(prepared))
            #expect(a.header.items.map(\.entry) == b.header.items.map(\.entry))
            #expect(a.entries.contains { $0.name == Self.refused })
            for index in a.entries.indices {
                let (mine, other) = (try a.tensor(at: index), try b.tensor(at: index))
                #expect(mine.storage.bytes.isEqual(to: other.storage.bytes), "\(a.entries[index].name)")
            }
            // The same header too, but for padding.
            func text(_ file: SafetensorsFile) -> String {
                String(decoding: file.headerBytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
                    .replacing(/"bantam.checksum":"[0-9a-f]{16}"/, with: "")
            }
            #expect(text(a) == text(b))
        }
    }

    @Test func theBytesDoNotDependOnThreads() throws {
        try withTemporaryFolder { folder in
            let source = try Self.source(folder)
            let first = folder.file("1.safetensors")
            try Self.compress(source, to: first, .one)
            let expected = try Data(contentsOf: URL(fileURLWithPath: first))
            for threads in [2, 3, 8] {
                let path = folder.file("\(threads).safetensors")
                try Self.compress(source, to: path, Workers(threads))
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
            }
        }
    }

    @Test(arguments: [1, 2, 8]) func theSourceComesBack(threads: Int) throws {
        try withTemporaryFolder { folder in
            let source = try Self.source(folder)
            let (small, restored) = (folder.file("small.safetensors"), folder.file("restored.safetensors"))
            try Self.compress(source, to: small, Workers(threads))
            let file = try CompressedFile(small, workers: Workers(threads))
            try file.verify(workers: Workers(threads))
            for (index, entry) in source.entries.enumerated() {
                let (mine, original) = (try file.tensor(at: index), try source.tensor(at: index))
                #expect(mine.storage.bytes.isEqual(to: original.storage.bytes), "\(entry.name)")
            }
            try Decompression.write(
                file, to: restored, options: TensorWriteOptions(workers: Workers(threads)))
            let original = try Data(contentsOf: URL(fileURLWithPath: source.path))
            #expect(try Data(contentsOf: URL(fileURLWithPath: restored)) == original)
        }
    }

    /// Bytes of the header's padding, of heads, blocks and plain arrays.
    @Test func damageIsFoundByAllThreads() throws {
        try withTemporaryFolder { folder in
            let source = try Self.source(folder)
            let small = folder.file("small.safetensors")
            try Self.compress(source, to: small, .one)
            let whole = try Data(contentsOf: URL(fileURLWithPath: small))
            let header = try SafetensorsFile(small).headerBytes.count
            let damaged = folder.file("damaged.safetensors")
            let output = folder.file("output.safetensors")
            for place in [7 + header, 8 + header, whole.count - 1]
                + Array(stride(from: 8 + header, to: whole.count, by: 500_009))
            {
                var bytes = whole
                bytes[place] ^= 16
                try bytes.write(to: URL(fileURLWithPath: damaged))
                for threads in [1, 4] {
                    #expect(throws: BantamError.self, "byte \(place)") {
                        let file = try CompressedFile(damaged)
                        try file.verify(workers: Workers(threads))
                    }
                    #expect(throws: BantamError.self, "byte \(place)") {
                        let file = try CompressedFile(damaged)
                        try Decompression.write(
                            file, to: output, options: TensorWriteOptions(workers: Workers(threads)))
                    }
                    #expect(!FileManager.default.fileExists(atPath: output))
                }
            }
        }
    }
}
