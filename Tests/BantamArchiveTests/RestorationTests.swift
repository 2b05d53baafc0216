import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// A lossless run gives a safetensors source back byte for byte, whatever its header looks like.
@Suite struct RestorationTests {
    /// Headers for the same 20 bytes of data.
    static let headers = [
        "canonical":
            #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I8","shape":[4],"data_offsets":[16,20]}}"#,
        "metadata":
            #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I8","shape":[4],"data_offsets":[16,20]}}"#,
        "metadata at the end, unordered keys":
            #"{"a":{"data_offsets":[0,16],"shape":[2,2],"dtype":"F32"},"b":{"shape":[4],"dtype":"I8","data_offsets":[16,20]},"__metadata__":{"z":"1","a":"2"}}"#,
        "empty metadata":
            #"{"__metadata__":{},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I8","shape":[4],"data_offsets":[16,20]}}"#,
        "blanks and escapes":
            #"{ "\u0061": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "b": {"dtype":"I8","shape":[4],"data_offsets":[16,20]} }   "#,
        "header and data in different order":
            #"{"b":{"dtype":"I8","shape":[4],"data_offsets":[16,20]},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
        "unaligned data":
            #"{"b":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]}}"#,
        "a name that our parts use":
            #"{"bantam.header":{"shape":[2,2],"dtype":"F32","data_offsets":[0,16]},"b":{"dtype":"I8","shape":[4],"data_offsets":[16,20]}}"#,
        "much padding":
            #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I8","shape":[4],"data_offsets":[16,20]}}"#
            + String(repeating: " ", count: 400),
        "no elements":
            #"{"z":{"dtype":"F16","shape":[10,0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[20],"data_offsets":[0,20]}}"#,
    ]

    private func sourceBytes(_ header: String, padded: Bool) -> Data {
        var header = Array(header.utf8)
        if padded { header += [UInt8](repeating: 32, count: (8 - header.count % 8) % 8) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        return Data(length + header + (0..<20).map { UInt8($0 / 4) })
    }

    @Test(arguments: headers.keys.sorted()) func theSourceComesBack(_ name: String) throws {
        let header = try #require(Self.headers[name])
        for coding in [Coding.none, .automatic] {
            for padded in [true, false] {
                try withTemporaryFolder { folder in
                    let source = folder.file("source.safetensors")
                    let bytes = sourceBytes(header, padded: padded)
                    try bytes.write(to: URL(fileURLWithPath: source))
                    let small = folder.file("small.safetensors")
                    try compress(source, to: small, coding)
                    let file = try #require(try ModelFile.open(small) as? CompressedFile)
                    try file.verify(workers: .one)
                    let output = folder.file("output.safetensors")
                    try Decompression.write(file, to: output)
                    #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == bytes, "\(name)")
                    // Only an odd header is kept.
                    let isKept = try SafetensorsFile(small).metadata.contains { $0.key == "bantam.header" }
                    let isCanonical = ["canonical", "metadata", "no elements"].contains(name) && padded
                    #expect(isKept == !isCanonical, "\(name)")
                }
            }
        }
    }

    private func compress(_ path: String, to small: String, _ coding: Coding) throws {
        let source = try SafetensorsFile(path)
        let writer = try ArchiveWriter(small, overwriting: false, source: source, coding: coding)
        for index in source.entries.indices {
            let original = try source.tensor(at: index)
            try writer.add(writer.prepare(.dense(original), workers: .one), at: index, original: original)
        }
        #expect(try writer.finish().tensors.allSatisfy(\.isLossless))
    }

    /// A lossy run keeps the header too; only the values differ.
    @Test func aLossyRunKeepsTheHeader() throws {
        try withTemporaryFolder { folder in
            let header = try #require(Self.headers["metadata at the end, unordered keys"])
            let bytes = sourceBytes(header, padded: true)
            let path = folder.file("source.safetensors")
            try bytes.write(to: URL(fileURLWithPath: path))
            let source = try SafetensorsFile(path)
            let small = folder.file("small.safetensors")
            let writer = try ArchiveWriter(small, overwriting: false, source: source, coding: .none)
            for index in source.entries.indices {
                let original = try source.tensor(at: index)
                let encoding =
                    original.dtype == .float32 ? try original.float32(roundedTo: .bfloat16) : original
                try writer.add(writer.prepare(.dense(encoding), workers: .one), at: index, original: original)
            }
            _ = try writer.finish()
            let output = folder.file("output.safetensors")
            try Decompression.write(CompressedFile(small), to: output)
            let restored = try Data(contentsOf: URL(fileURLWithPath: output))
            #expect(restored.count == bytes.count)
            #expect(restored[..<(bytes.count - 20)] == bytes[..<(bytes.count - 20)])
        }
    }

    @Test func compressingTwiceIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder.file("source.safetensors")
            try sourceBytes(Self.headers["canonical"]!, padded: true).write(to: URL(fileURLWithPath: path))
            let small = folder.file("small.safetensors")
            try compress(path, to: small, .none)
            let again = folder.file("again.safetensors")
            for source in [try ModelFile.open(small), try SafetensorsFile(small)] {
                let error = bantamError {
                    _ = try ArchiveWriter(again, overwriting: false, source: source, coding: .none)
                }
                #expect(error?.kind == .invalidArgument && error?.message.contains("already") == true)
            }
            let reserved = MemoryFile(tensors: [], metadata: [("bantam.note", "x")])
            let error = bantamError {
                _ = try ArchiveWriter(again, overwriting: false, source: reserved, coding: .none)
            }
            #expect(error?.kind == .invalidArgument && error?.message.contains("bantam.note") == true)
            #expect(!FileManager.default.fileExists(atPath: again))
        }
    }

    /// Parts step aside for source tensors that have their names.
    @Test func namesAreDodged() throws {
        try withTemporaryFolder { folder in
            let encodings = try Samples.encodings().filter { ["kept", "quantized-channel"].contains($0.name) }
            let path = folder.file("dodge.safetensors")
            for coding in ["none", "zstd"] {
                let path = path + coding + ".safetensors"
                let names = ["w", "w.codes", "w.codes.coded", "w.scales", "w.codes_1", "w.coded"]
                let trees = [1, 0, 0, 0, 1, 0].map { encodings[$0].encoding }
                let summary = try Samples.write(
                    zip(names, trees).map { (name: $0, encoding: $1) }, to: path, coding: Coding(named: coding))
                #expect(summary.tensors.count == 6)
                let file = try CompressedFile(path)
                try file.verify(workers: .one)
                for index in names.indices {
                    #expect(
                        try file.tensor(at: index).array(as: Float.self)
                            == trees[index].decoded(workers: .one).array(as: Float.self))
                }
            }
        }
    }

    @Test func misuseIsRefused() throws {
        try withTemporaryFolder { folder in
            let original = Samples.matrix(3, 4)
            let source = MemoryFile(tensors: [("w", original), ("v", original)])
            let path = folder.file("x.safetensors")
            let writer = try ArchiveWriter(path, overwriting: false, source: source, coding: .none)
            let other = try writer.prepare(.dense(Samples.matrix(4, 3)), workers: .one)
            #expect(
                bantamError { try writer.add(other, at: 0, original: original) }?.kind == .invalidArgument)
            let prepared = try writer.prepare(.dense(original), workers: .one)
            try writer.add(prepared, at: 0, original: original)
            #expect(bantamError { try writer.add(prepared, at: 0, original: original) }?.tensor == "w")
            #expect(bantamError { _ = try writer.finish() }?.tensor == "v")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
