import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Equal tensors are stored once, and counted once.
@Suite struct SharedArrayTests {
    private func write(
        _ tensors: [(name: String, encoding: Encoding, original: Tensor)], to path: String, _ coding: String,
        reversed: Bool = false, workers: Workers = .one
    ) throws -> ArchiveSummary {
        let source = MemoryFile(tensors: tensors.map { ($0.name, $0.original) })
        let writer = try ArchiveWriter(
            path, overwriting: true, source: source, coding: Coding(named: coding))
        try workers.forEach(tensors.count) { step in
            let index = reversed ? tensors.count - 1 - step : step
            let prepared = try writer.prepare(tensors[index].encoding, workers: .one)
            try writer.add(prepared, at: index, original: tensors[index].original)
        }
        return try writer.finish()
    }

    /// Tied weights, something between them that is not equal, and the same bytes as other dtypes and shapes.
    private func samples(_ name: String) throws -> [(name: String, encoding: Encoding, original: Tensor)] {
        let encoding = try #require(try Samples.encodings().first { $0.name == name }).encoding
        let matrix = Samples.matrix(12, 20)
        let copy = Tensor(.float32, [12, 20], matrix.array(as: Float.self))
        let other = Samples.matrix(12, 20, seed: 8)
        let turned = matrix.reshaped([20, 12])
        let words = Tensor(.uint32, [12, 20], matrix.array(as: UInt32.self))
        return [
            ("embedding", encoding, matrix), ("other", .dense(other), other), ("head", encoding, copy),
            ("turned", .dense(turned), turned), ("words", .dense(words), words), ("third", encoding, matrix),
        ]
    }

    /// Plain parts are shared by equal tensors only, but for the tables of a trellis code.
    @Test func tablesAreSharedByTensorsThatDiffer() throws {
        try withTemporaryFolder { folder in
            let found = try #require(try Samples.encodings().first { $0.name == "trellis" })
            guard case .trellisCoded(let coded) = found.encoding else {
                Issue.record("expected a trellis-coded sample")
                return
            }
            // The same indices with another step are another tensor.
            var indices = coded.indices.array(as: UInt8.self)
            indices[6] = 0
            var other = coded
            other.indices = Tensor(.uint8, [indices.count], indices)
            let original = Samples.matrix(12, 20)
            let path = folder.file("1")
            let summary = try write(
                [("a", .trellisCoded(coded), original), ("b", .trellisCoded(other), original)], to: path,
                "none")
            #expect(summary.sharedByteCount == coded.tables.byteCount)
            #expect(summary.tensors.map(\.byteCount) == [170, 146])
            let file = try SafetensorsFile(path)
            #expect(file.entries.map(\.name).sorted() == ["a.indices", "a.tables", "b.indices"])
            let archive = try CompressedFile(path)
            try archive.verify(workers: .one)
            for (index, coded) in [coded, other].enumerated() {
                #expect(try archive.tensor(at: index).hasBytes(of: coded.decoded(workers: .one)))
            }
        }
    }

    @Test(arguments: ["kept", "quantized-channel", "quantized-csr", "low-rank-quantized", "bitmask"])
    func equalTensorsAreStoredOnce(_ name: String) throws {
        try withTemporaryFolder { folder in
            let tensors = try samples(name)
            let path = folder.file("1")
            let summary = try write(tensors, to: path, "zstd")
            let alone = try write(
                [tensors[0]] + tensors[1...4].filter { $0.name != "head" }, to: folder.file("alone"), "zstd")
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            #expect(
                summary.byteCount - summary.headerByteCount == alone.byteCount - alone.headerByteCount)
            #expect(summary.sharedByteCount == 2 * alone.tensors[0].byteCount)
            for index in [2, 5] {
                #expect(file.storage(at: index) == ("same as embedding", 0))
                #expect(summary.tensors[index].encoding == "same as embedding")
                #expect(summary.tensors[index].byteCount == 0)
            }
            // What is counted is what is there.
            let counted = file.entries.indices.reduce(0) { $0 + file.storage(at: $1).byteCount }
            #expect(counted == summary.byteCount - summary.headerByteCount)
            #expect(
                summary.tensors.map(\.byteCount)
                    == file.entries.indices.map { file.storage(at: $0).byteCount })
            let expected = try file.tensor(at: 0).array(as: Float.self)
            for index in [2, 5] { #expect(try file.tensor(at: index).array(as: Float.self) == expected) }
            for index in [1, 3, 4] {
                #expect(
                    try file.tensor(at: index).array(as: UInt32.self)
                        == tensors[index].original.array(as: UInt32.self))
            }
            for (reversed, threads) in [(true, 1), (false, 4), (true, 3)] {
                let again = folder.file("again")
                _ = try write(tensors, to: again, "zstd", reversed: reversed, workers: Workers(threads))
                #expect(FileManager.default.contentsEqual(atPath: path, andPath: again))
            }
        }
    }

    /// What no coder makes smaller is stored once too, if a coder was asked for: whatever the shape, not as another
    /// dtype, and not where there is next to nothing to save.
    @Test func plainTensorsAreSharedWhereACoderWasAskedFor() throws {
        try withTemporaryFolder { folder in
            var generator = SeededGenerator(seed: 5)
            let words = (0..<192).map { _ in UInt64.random(in: 0...UInt64.max, using: &generator) }
            let noise = Tensor(.uint64, [16, 12], words)
            let small = Tensor(.uint64, [7], Array(words[..<7]))
            let named = Tensor(.uint64, [24], Array(words[24..<48]))
            let tensors: [(name: String, encoding: Encoding, original: Tensor)] = [
                ("embedding", noise), ("head", Tensor(.uint64, [16, 12], words)),
                ("turned", noise.reshaped([8, 24])), ("signed", Tensor(.int64, [16, 12], words)),
                ("small", small), ("again", small), ("x.coded", named), ("named", named), ("third", named),
            ].map { ($0.0, .dense($0.1), $0.1) }
            let path = folder.file("1")
            let summary = try write(tensors, to: path, "zstd")
            #expect(
                summary.tensors.map(\.encoding) == [
                    "dense", "same as embedding", "same as embedding", "dense", "dense", "dense", "dense",
                    "dense", "same as named",
                ])
            #expect(summary.sharedByteCount == 2 * 1536 + 192)
            #expect(summary.byteCount - summary.headerByteCount == 2 * 1536 + 2 * 56 + 2 * 192)
            let file = try CompressedFile(path)
            try file.verify(workers: Workers(2))
            let restored = folder.file("restored.npz")
            try Decompression.write(file, to: restored)
            let back = try TensorFiles.open(restored)
            for (index, tensor) in tensors.enumerated() {
                #expect(try file.tensor(at: index).hasBytes(of: tensor.original), "\(tensor.name)")
                #expect(try back.tensor(at: index).hasBytes(of: tensor.original), "\(tensor.name)")
            }
            for (reversed, threads) in [(true, 1), (false, 4)] {
                let again = folder.file("again")
                _ = try write(tensors, to: again, "zstd", reversed: reversed, workers: Workers(threads))
                #expect(FileManager.default.contentsEqual(atPath: path, andPath: again))
            }
            // For other tools.
            #expect(try write(tensors, to: path, "none").sharedByteCount == 0)
            #expect(try SafetensorsFile(path).entries.count == tensors.count)
        }
    }

    /// With coding none a plain tensor stands under its own name in every case, because any tool may look for it
    /// there; plain parts are shared by tensors that are equal as a whole, and by no others.
    @Test func plainArrays() throws {
        try withTemporaryFolder { folder in
            for name in ["kept", "float16"] {
                let path = folder.file("\(name).safetensors")
                let summary = try write(samples(name), to: path, "none")
                #expect(summary.sharedByteCount == 0)
                let plain = try SafetensorsFile(path)
                #expect(
                    Set(plain.entries.map(\.name)) == [
                        "embedding", "other", "head", "turned", "words", "third",
                    ])
            }
            let path = folder.file("quantized.safetensors")
            let summary = try write(samples("quantized-csr"), to: path, "none")
            #expect(summary.tensors[2].encoding == "same as embedding")
            let names = try SafetensorsFile(path).entries.map(\.name)
            #expect(
                names.filter { $0.hasPrefix("embedding.") }.count == 4
                    && !names.contains { $0.hasPrefix("head") })

            // Equal scales of tensors that are not equal stay under their names.
            let scales = Samples.scales([12])
            let quantized = { (seed: UInt64) in
                Encoding.quantized(
                    Quantized(
                        codes: .dense(Samples.codes(Samples.weights(12, 20, seed: seed), [12, 20])),
                        scales: scales, zeroPoints: nil, granularity: .channel))
            }
            let different = try [("a", UInt64(1)), ("b", 2)].map { name, seed in
                (name, quantized(seed), try quantized(seed).decoded(workers: .one))
            }
            let scaled = folder.file("scales.safetensors")
            #expect(try write(different, to: scaled, "none").sharedByteCount == 0)
            #expect(
                try Set(SafetensorsFile(scaled).entries.map(\.name)) == [
                    "a.codes", "a.scales", "b.codes", "b.scales",
                ])
            // Coded ones are nobody's to look for, and shared.
            let coded = try write(different, to: scaled, "zstd")
            #expect(coded.sharedByteCount > 0 && coded.tensors[1].encoding == "quantized>coded")
            try CompressedFile(scaled).verify(workers: .one)
        }
    }

    /// The writer can be told, and then nothing is coded twice.
    @Test func addingTheEqualOfAnother() throws {
        try withTemporaryFolder { folder in
            let tensors = try samples("kept")
            for coding in ["none", "zstd"] {
                let whole = folder.file("whole")
                _ = try write(tensors, to: whole, coding)
                let source = MemoryFile(tensors: tensors.map { ($0.name, $0.original) })
                let told = folder.file("told")
                let writer = try ArchiveWriter(
                    told, overwriting: true, source: source, coding: Coding(named: coding))
                for index in [5, 4, 3, 1] {
                    let tensor = tensors[index].original
                    try writer.add(writer.prepare(.dense(tensor), workers: .one), at: index, original: tensor)
                }
                #expect(bantamError { try writer.add(equalOf: 0, at: 2) }?.kind == .invalidArgument)
                #expect(bantamError { try writer.add(equalOf: 3, at: 2) }?.kind == .invalidArgument)
                try writer.add(equalOf: 5, at: 0)
                try writer.add(equalOf: 0, at: 2)
                _ = try writer.finish()
                #expect(FileManager.default.contentsEqual(atPath: whole, andPath: told))
            }
        }
    }
}
