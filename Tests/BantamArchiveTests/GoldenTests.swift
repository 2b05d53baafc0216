import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamArchive

/// Files that version 1 wrote once and every later version must read.
///
/// `Golden/v1/expected.npz` holds what each decodes to according to `docs/reader.py`, which shares no code with
/// this reader; `Golden/v1/make_expected.py` made it. With `BANTAM_WRITE_GOLDEN` in the environment the test
/// writes files that are not there yet.
@Suite struct GoldenTests {
    static let folder = fixtures().deletingLastPathComponent().appendingPathComponent("Golden/v1")
    static let codings = ["none", "zstd:19"]

    @Test(.enabled(if: ProcessInfo.processInfo.environment["BANTAM_WRITE_GOLDEN"] != nil))
    func writeMissingFiles() throws {
        for (name, encoding) in try Samples.encodings() {
            for coding in Self.codings {
                let path = Self.folder.file(fileName(name, coding))
                guard !FileManager.default.fileExists(atPath: path) else { continue }
                _ = try Samples.write(
                    [(name: "weight", encoding: encoding)], to: path, coding: Coding(named: coding),
                    metadata: [("format", "pt")])
            }
        }
        let path = Self.several.file("repeated-rows.safetensors")
        if !FileManager.default.fileExists(atPath: path) { try Self.writeRepeatedRows(to: path) }
        let large = Self.several.file("large-dense.safetensors")
        if !FileManager.default.fileExists(atPath: large) {
            try Self.writeDense(TensorFiles.open(Self.several.file("large.npz")), to: large)
        }
    }

    private static let several = folder.appendingPathComponent("several")

    /// Equal rows of tensors of several dtypes, of codes and of packed codes, once each, by the simplest coder of ours.
    private static func writeRepeatedRows(to path: String) throws {
        let source = try TensorFiles.open(several.file("rows.npz"))
        let writer = try ArchiveWriter(
            path, overwriting: false, source: source, coding: try Coding(named: "huffman"))
        for (index, entry) in source.entries.enumerated() {
            let tensor = try source.tensor(at: index)
            var encoding = Encoding.dense(tensor)
            if ["codes", "small"].contains(entry.name) {
                let codes = Samples.codes(tensor.array(as: Float.self), entry.shape)
                encoding = .quantized(
                    Quantized(
                        codes: .dense(codes), scales: Samples.scales([40]), zeroPoints: nil,
                        granularity: .channel, codeBits: entry.name == "small" ? 3 : 8))
            }
            try writer.add(writer.prepare(encoding, workers: .one), at: index, original: tensor)
        }
        _ = try writer.finish()
    }

    /// Every checksum holds, and every tensor is that of the source.
    private static func expectSame(_ file: CompressedFile, _ source: any TensorFile) throws {
        try file.verify(workers: .one)
        #expect(file.entries == source.entries)
        for index in file.entries.indices {
            let found = try file.tensor(at: index)
            #expect(try found.hasBytes(of: source.tensor(at: index)), "\(file.entries[index].name)")
        }
    }

    /// A file in which the rows of matrices stand once, made of what NumPy wrote, and again with the same bytes.
    @Test func aFileWithRepeatedRows() throws {
        let source = try TensorFiles.open(Self.several.file("rows.npz"))
        let path = Self.several.file("repeated-rows.safetensors")
        let file = try CompressedFile(path, workers: Workers(2))
        try Self.expectSame(file, source)
        #expect(
            file.entries.indices.map { "\(file.entries[$0].name): \(file.storage(at: $0).encoding)" } == [
                "embedding: repeated-rows>coded", "kernel: repeated-rows>coded",
                "codes: quantized>repeated-rows>coded", "small: quantized>repeated-rows>int3>coded",
                "noise: repeated-rows",
            ])
        let shapes = file.entries.indices.map {
            file.arrays(at: $0).map { "\($0.part) \($0.kind) \($0.shape)" }
        }
        #expect(shapes[0] == ["distinct float32 21×32", "repeats uint8 40"])
        #expect(shapes[1] == ["distinct float16 21×48", "repeats uint8 40"])
        #expect(
            shapes[3] == ["codes.distinct int3 1008", "codes.repeats uint8 40", "scales float32 40"])
        try withTemporaryFolder { folder in
            let again = folder.file("again.safetensors")
            try Self.writeRepeatedRows(to: again)
            #expect(FileManager.default.contentsEqual(atPath: again, andPath: path))
        }
    }

    /// Blocks of more elements than others, in states of their own number.
    @Test func aFileOfLargeBlocks() throws {
        let source = try TensorFiles.open(Self.several.file("large.npz"))
        let path = Self.several.file("large-dense.safetensors")
        try Self.expectSame(CompressedFile(path, workers: Workers(2)), source)
        try withTemporaryFolder { folder in
            let again = folder.file("again.safetensors")
            try Self.writeDense(source, to: again)
            #expect(FileManager.default.contentsEqual(atPath: again, andPath: path))
        }
    }

    private static func writeDense(_ source: any TensorFile, to path: String) throws {
        let writer = try ArchiveWriter(
            path, overwriting: false, source: source, coding: Coding(named: "dense"))
        for index in source.entries.indices {
            let tensor = try source.tensor(at: index)
            try writer.add(writer.prepare(.dense(tensor), workers: .one), at: index, original: tensor)
        }
        _ = try writer.finish()
    }

    @Test func everyFileDecodesToWhatIsKnown() throws {
        let expected = try TensorFiles.open(Self.folder.file("expected.npz"))
        let names = try Samples.encodings().map(\.name)
        #expect(expected.entries.count == names.count * Self.codings.count)
        for (index, entry) in expected.entries.enumerated() {
            let file = try CompressedFile(Self.folder.file(entry.name + ".safetensors"))
            try file.verify(workers: .one)
            let known = try expected.tensor(at: index)
            let found = try file.tensor(at: 0)
            #expect(found.dtype == .float32 && found.shape == known.shape)
            #expect(found.array(as: Float.self) == known.array(as: Float.self), "\(entry.name)")
            #expect(file.metadata.map(\.key) == ["format"])
        }
    }

    /// What is written today has the same bytes, so a change of the format cannot pass unnoticed. Only of files
    /// without zstd, whose versions differ in their output.
    @Test func plainFilesAreWrittenTheSame() throws {
        try withTemporaryFolder { folder in
            for (name, encoding) in try Samples.encodings() {
                let path = folder.file(fileName(name, "none"))
                _ = try Samples.write(
                    [(name: "weight", encoding: encoding)], to: path, coding: .none,
                    metadata: [("format", "pt")])
                let golden = try Data(contentsOf: Self.folder.appendingPathComponent(fileName(name, "none")))
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == golden, "\(name)")
            }
        }
    }

    /// Files of several tensors that hang together: predicted from a base, or equal. What they were made of stands
    /// beside them, written by NumPy.
    @Test(arguments: ["predicted-none", "predicted-zstd", "shared-none", "shared-zstd"])
    func filesOfSeveralTensors(_ name: String) throws {
        let folder = Self.folder.appendingPathComponent("several")
        let isPredicted = name.hasPrefix("predicted")
        let source = try TensorFiles.open(folder.file(isPredicted ? "tuned.npz" : "tied.npz"))
        let base = isPredicted ? try BaseFile(contentsOf: folder.file("base.npz")) : nil
        let path = folder.file(name + ".safetensors")
        let file = try CompressedFile(path, base: base)
        try file.verify(workers: .one)
        #expect(file.entries == source.entries)
        for index in file.entries.indices where name != "shared-none" || file.entries[index].shape.rank < 2 {
            let found = try file.tensor(at: index)
            #expect(try found.hasBytes(of: source.tensor(at: index)), "\(file.entries[index].name)")
        }
        guard name.hasSuffix("none") else {
            let expected =
                isPredicted
                ? [
                    "difference>coded", "xor>coded", "difference>coded", "same as base", "dense>coded",
                    "dense",
                ] : ["dense>coded", "dense>coded", "same as embedding", "same as bias"]
            #expect(file.entries.indices.map { file.storage(at: $0).encoding } == expected)
            return
        }
        // Written today from what it holds, a file without zstd has the same bytes.
        try withTemporaryFolder { folder in
            let again = folder.file("again.safetensors")
            let writer = try ArchiveWriter(
                again, overwriting: false, source: source, coding: .none, base: base)
            for (index, entry) in source.entries.enumerated() {
                let tensor = try source.tensor(at: index)
                let unchanged = try base?.tensor(like: entry).flatMap {
                    PreparedTensor(tensor, unchangedFrom: $0)
                }
                let prepared = try unchanged ?? writer.prepare(file.encoding(at: index), workers: .one)
                try writer.add(prepared, at: index, original: tensor)
            }
            _ = try writer.finish()
            #expect(FileManager.default.contentsEqual(atPath: again, andPath: path))
        }
    }

    /// Equal tensors that stand plain, because no coder makes them smaller.
    @Test func aFileOfPlainTensorsThatAreEqual() throws {
        let folder = Self.folder.appendingPathComponent("several")
        let source = try TensorFiles.open(folder.file("noise.npz"))
        let path = folder.file("shared-plain.safetensors")
        let file = try CompressedFile(path)
        try Self.expectSame(file, source)
        #expect(
            file.entries.indices.map { file.storage(at: $0).encoding } == [
                "dense", "dense", "same as embedding", "same as embedding", "dense", "dense",
            ])
        #expect(file.entries.indices.map { file.storage(at: $0).byteCount } == [1536, 40, 0, 0, 1536, 40])
        try withTemporaryFolder { folder in
            let again = folder.file("again.safetensors")
            let writer = try ArchiveWriter(
                again, overwriting: false, source: source, coding: Coding(named: "zstd:19"))
            for index in source.entries.indices.reversed() {
                let tensor = try source.tensor(at: index)
                try writer.add(writer.prepare(.dense(tensor), workers: .one), at: index, original: tensor)
            }
            _ = try writer.finish()
            #expect(FileManager.default.contentsEqual(atPath: again, andPath: path))
        }
    }

    /// A file by each coder, of a model that NumPy wrote; `max.safetensors` and `max-second-form` are of forms of that
    /// coder that are read only. What coders of our own write today has the same bytes; libraries may learn to do better.
    @Test(arguments: [
        "zstd", "zlib", "bzip2", "lz4", "huffman", "fast", "dense", "max", "max-second-form",
        "max-third-form",
    ])
    func filesOfEveryCoder(_ name: String) throws {
        let folder = Self.folder.appendingPathComponent("coders")
        let source = try TensorFiles.open(folder.file("model.safetensors"))
        let path = folder.file(name + ".safetensors")
        let file = try CompressedFile(path)
        try Self.expectSame(file, source)
        let written = ["huffman": "huffman", "fast": "fast", "dense": "dense", "max-third-form": "max"]
        guard let coder = written[name] else { return }
        try withTemporaryFolder { folder in
            let again = folder.file("again.safetensors")
            let writer = try ArchiveWriter(
                again, overwriting: false, source: source, coding: Coding(named: coder))
            for index in source.entries.indices {
                let tensor = try source.tensor(at: index)
                // The files are older than storing equal rows once.
                let prepared = try PreparedTensor(
                    whole: .dense(tensor), coding: Coding(named: coder), workers: .one)
                try writer.add(prepared, at: index, original: tensor)
            }
            _ = try writer.finish()
            #expect(FileManager.default.contentsEqual(atPath: again, andPath: path))
        }
    }

    private func fileName(_ name: String, _ coding: String) -> String {
        "\(name)-\(coding == "none" ? "none" : "zstd").safetensors"
    }
}
