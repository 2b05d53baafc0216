import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Glibc
import Testing

/// Every flipped bit, every lost byte: an error, never another tensor.
@Suite struct IntegrityTests {
    static let kinds = [
        "kept", "quantized-affine", "quantized-csr", "bitmask-quantized", "low-rank-quantized",
    ]

    /// A small file of one encoding, with metadata.
    private func write(_ kind: String, _ path: String, _ coding: String) throws {
        let encoding = try #require(try Samples.encodings(3, 4).first { $0.name == kind })
        _ = try Samples.write(
            [(name: "w", encoding: encoding.encoding)], to: path, coding: Coding(named: coding),
            original: Samples.matrix(3, 4), metadata: [("note", "a \"quoted\" word")])
    }

    /// Runs `body` with one bit of the file at `path` flipped, for every bit.
    static func forEachFlippedBit(of path: String, _ body: (Int) throws -> Void) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let descriptor = open(path, O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes[bit / 8] ^ (1 << UInt8(bit % 8))
            try #require(pwrite(descriptor, &damaged, 1, bit / 8) == 1)
            try body(bit)
            var whole = bytes[bit / 8]
            try #require(pwrite(descriptor, &whole, 1, bit / 8) == 1)
        }
    }

    @Test(arguments: kinds) func everyFlippedBitIsFound(_ kind: String) throws {
        try withTemporaryFolder { folder in
            let path = folder.file("small.safetensors")
            try write(kind, path, "none")
            try CompressedFile(path).verify(workers: .one)
            try Self.forEachFlippedBit(of: path) { bit in
                let error = bantamError { try CompressedFile(path).verify(workers: .one) }
                if error == nil || error?.kind == .internal {
                    Issue.record("\(kind): bit \(bit) is not found")
                }
                if error?.file != path { Issue.record("\(kind): bit \(bit): the error names no file") }
            }
            try CompressedFile(path).verify(workers: .one)
        }
    }

    /// Of every encoding a flipped bit in each of its arrays, coded and not.
    @Test(arguments: ["none", "huffman"]) func aFlippedBitOfEveryArrayIsFound(_ coding: String) throws {
        try withTemporaryFolder { folder in
            for (name, encoding) in try Samples.encodings() {
                let path = folder.file("\(name).safetensors")
                _ = try Samples.write(
                    [(name: "w", encoding: encoding)], to: path, coding: Coding(named: coding))
                let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
                let start = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
                let json = try JSONSerialization.jsonObject(with: Data(bytes[8..<start]))
                let arrays = try #require(json as? [String: [String: Any]]).filter {
                    $0.key != "__metadata__"
                }
                #expect(!arrays.isEmpty)
                for (array, item) in arrays {
                    let offsets = try #require(item["data_offsets"] as? [Int])
                    guard offsets[0] < offsets[1] else { continue }
                    var damaged = bytes
                    damaged[start + (offsets[0] + offsets[1]) / 2] ^= 4
                    try Data(damaged).write(to: URL(fileURLWithPath: path))
                    let error = bantamError { try CompressedFile(path).verify(workers: .one) }
                    #expect(error?.kind == .corruption && error?.file == path, "\(name): \(array)")
                }
            }
        }
    }

    /// The same with coded arrays, and decompression at the same time.
    @Test func everyFlippedBitOfACodedFileIsFound() throws {
        try withTemporaryFolder { folder in
            let path = folder.file("coded.safetensors")
            let output = folder.file("plain.safetensors")
            let original = Tensor(.float32, [6, 8], [Float](repeating: 0.5, count: 48))
            let source = MemoryFile(tensors: [("w", original)])
            let writer = try ArchiveWriter(
                path, overwriting: false, source: source, coding: Coding(named: "zstd"))
            try writer.add(writer.prepare(.dense(original), workers: .one), at: 0, original: original)
            #expect(try writer.finish().tensors[0].encoding == "dense>coded")
            try Self.forEachFlippedBit(of: path) { bit in
                let error = bantamError { try CompressedFile(path).verify(workers: .one) }
                if error == nil || error?.kind == .internal { Issue.record("bit \(bit) is not found") }
                let failure = bantamError { try Decompression.write(CompressedFile(path), to: output) }
                if failure == nil || access(output, F_OK) == 0 {
                    Issue.record("bit \(bit): there is an output")
                }
            }
        }
    }

    @Test(arguments: ["kept", "quantized-csr"]) func everyTruncationIsFound(_ kind: String) throws {
        try withTemporaryFolder { folder in
            let path = folder.file("small.safetensors")
            try write(kind, path, "auto")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let cut = folder.file("cut.safetensors")
            for length in 0..<bytes.count {
                try bytes[..<length].write(to: URL(fileURLWithPath: cut))
                let error = bantamError { try CompressedFile(cut).verify(workers: .one) }
                if error == nil || error?.kind == .internal { Issue.record("\(kind): \(length) bytes pass") }
            }
            try (bytes + [0]).write(to: URL(fileURLWithPath: cut))
            #expect(bantamError { try CompressedFile(cut).verify(workers: .one) } != nil)
        }
    }
}
