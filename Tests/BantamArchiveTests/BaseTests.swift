import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Files that hold what differs from a base.
@Suite struct BaseTests {
    static let shape: Shape = [48, 64]

    /// Normally distributed weights.
    static func weights(_ dtype: DType, seed: UInt64) throws -> Tensor {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<shape.elementCount).map { _ in generator.normal() / 16 }
        return try Tensor(.float32, shape, values).float32(roundedTo: dtype)
    }

    /// The tensor with every pattern moved by up to two.
    static func moved<Word: FixedWidthInteger & BitwiseCopyable>(_ tensor: Tensor, as _: Word.Type) -> Tensor
    {
        var generator = SeededGenerator(seed: 5)
        return Tensor(
            tensor.dtype, tensor.shape,
            tensor.array(as: Word.self).map {
                let step = Int.random(in: -2...2, using: &generator)
                return step < 0 ? $0 &- Word(-step) : $0 &+ Word(step)
            })
    }

    /// A base, and a file made from it in every way there is.
    private func models() throws -> (base: MemoryFile, tuned: MemoryFile) {
        let single = try Self.weights(.float32, seed: 1)
        let half = try Self.weights(.bfloat16, seed: 2)
        let indices = Tensor(.int64, [40], (0..<40).map { Int64($0 * 1000) })
        let other = try Self.weights(.float32, seed: 3)
        let packed = Tensor(
            .float4, [2048], Storage(byteCount: 1024) { for i in $0.indices { $0[i] = UInt8(i & 255) } })
        let base = MemoryFile(
            path: "models/base.npz",
            tensors: [
                ("other shape", single.reshaped([64, 48])), ("f32", single), ("bf16", half), ("same", half),
                ("indices", indices), ("unrelated", other), ("other dtype", half), ("packed", packed),
                ("empty", Tensor(.float32, [0, 3], [Float]())),
            ])
        let tuned = MemoryFile(
            path: "tuned",
            tensors: [
                ("f32", Self.moved(single, as: UInt32.self)), ("bf16", Self.moved(half, as: UInt16.self)),
                ("same", half), ("indices", indices),
                (
                    "unrelated",
                    Tensor(.float32, Self.shape, [Float](repeating: 1, count: Self.shape.elementCount))
                ),
                ("new", other), ("other shape", single), ("other dtype", single), ("packed", packed),
                ("empty", Tensor(.float32, [0, 3], [Float]())),
            ], metadata: [("format", "pt")])
        return (base, tuned)
    }

    /// Compresses as the command does, tensor by tensor.
    private func compress(
        _ source: any TensorFile, base: BaseFile, to path: String, coding: Coding = .automatic,
        workers: Workers = .one
    ) throws -> [Prediction?] {
        let writer = try ArchiveWriter(path, overwriting: true, source: source, coding: coding, base: base)
        let predictions = try workers.map(source.entries.count) { index in
            let tensor = try source.tensor(at: index)
            let counterpart = try base.tensor(like: source.entries[index])
            let prepared =
                try counterpart.map {
                    try PreparedTensor(tensor, unchangedFrom: $0)
                        ?? PreparedTensor(tensor, predictedFrom: $0, coding: coding, workers: workers)
                } ?? writer.prepare(.dense(tensor), workers: workers)
            try writer.add(prepared, at: index, original: tensor, workers: workers)
            return prepared.prediction
        }
        #expect(try writer.finish().tensors.allSatisfy(\.isLossless))
        return predictions
    }

    @Test(arguments: ["none", "auto", "zstd", "max"]) func everythingComesBack(_ name: String) throws {
        let (base, tuned) = try models()
        let coding = try Coding(named: name)
        try withTemporaryFolder { folder in
            let path = folder.file("tuned.safetensors")
            let predictions = try compress(tuned, base: BaseFile(base), to: path, coding: coding)
            let residual: Prediction? = name == "none" ? nil : .predicted
            #expect(
                predictions == [
                    residual, residual, .unchanged, .unchanged, nil, nil, nil, nil, .unchanged, nil,
                ])
            let file = try CompressedFile(path, base: BaseFile(base))
            try file.verify(workers: .one)
            #expect(file.entries == tuned.entries && file.metadata.map(\.key) == ["format"])
            #expect(file.neededBase?.file == "base.npz")
            for (index, (name, tensor)) in tuned.tensors.enumerated() {
                let found = try file.tensor(at: index)
                #expect(found.dtype == tensor.dtype && found.shape == tensor.shape)
                #expect(found.hasBytes(of: tensor), "\(name)")
                guard case .dense(let held) = try file.encoding(at: index) else {
                    throw BantamError(.internal, name)
                }
                #expect(held.hasBytes(of: tensor))
            }
            #expect(file.storage(at: 2) == ("same as base", 0))
            if name != "none" {
                #expect(["difference>coded", "xor>coded"].contains(file.storage(at: 0).encoding))
                // Five patterns take log2 5 = 2.3 bits; coders of bytes come near that, whatever the width.
                for (index, width) in [(0, 4), (1, 2)] {
                    #expect(
                        file.storage(at: index).byteCount < Self.shape.elementCount * 3 / 8 + 60, "\(width)")
                }
            }
            // Any file with those tensors will do: another path, order and format.
            var renamed = base
            renamed.path = "elsewhere"
            renamed.tensors.reverse()
            try CompressedFile(path, base: BaseFile(renamed)).verify(workers: .one)
        }
    }

    /// Which of the two is smaller depends on what happened: a moved pattern or a flipped bit.
    @Test func theSmallerResidualIsTaken() throws {
        let tensor = try Self.weights(.float32, seed: 9)
        var generator = SeededGenerator(seed: 10)
        let flipped = Tensor(
            .float32, Self.shape,
            tensor.array(as: UInt32.self).map { $0 ^ (UInt32.random(in: 0...1, using: &generator) << 20) })
        for (tuned, expected) in [
            (flipped, "xor>coded"), (Self.moved(tensor, as: UInt32.self), "difference>coded"),
        ] {
            let prepared = try PreparedTensor(
                tuned, predictedFrom: tensor, coding: Coding(named: "zstd:19"), workers: .one)
            #expect(prepared.summary(of: .float32) == expected)
        }
    }

    /// Tensors over 4 MiB are judged by samples, and come back all the same.
    @Test func largeTensors() throws {
        var generator = SeededGenerator(seed: 4)
        let count = (5 << 20) / 2 + 1
        let base = Tensor(
            .bfloat16, [count], (0..<count).map { _ in UInt16.random(in: 0x3c00...0x3dff, using: &generator) }
        )
        let constant = Tensor(.bfloat16, [count], [UInt16](repeating: 0x3f80, count: count))
        let tuned = Self.moved(base, as: UInt16.self)
        try withTemporaryFolder { folder in
            let path = folder.file("large.safetensors")
            let source = MemoryFile(tensors: [("moved", tuned), ("constant", constant)])
            let file = BaseFile(MemoryFile(path: "base", tensors: [("moved", base), ("constant", base)]))
            #expect(try compress(source, base: file, to: path, workers: Workers(2)) == [.predicted, nil])
            let compressed = try CompressedFile(path, base: file)
            for (index, tensor) in [tuned, constant].enumerated() {
                #expect(Checksum(of: try compressed.tensor(at: index)) == Checksum(of: tensor))
            }
            #expect(compressed.storage(at: 0).byteCount < count * 3 / 8 + 4096)
        }
    }

    /// What did not change costs its line in the header: here a thousandth, of larger tensors less.
    @Test func anIdenticalFileCostsNextToNothing() throws {
        var generator = SeededGenerator(seed: 6)
        let base = MemoryFile(
            path: "base",
            tensors: (0..<8).map { index in
                let shape: Shape = [256, 512]
                return (
                    "layer.\(index).weight",
                    Tensor(
                        .float32, shape,
                        (0..<shape.elementCount).map { _ in UInt32(truncatingIfNeeded: generator.next()) })
                )
            })
        try withTemporaryFolder { folder in
            let path = folder.file("same.safetensors")
            let predictions = try compress(base, base: BaseFile(base), to: path)
            #expect(predictions.allSatisfy { $0 == .unchanged })
            let file = try CompressedFile(path, base: BaseFile(base))
            #expect(file.fileByteCount * 1000 < base.fileByteCount)
            try file.verify(workers: .one)
        }
    }

    @Test func theBytesDoNotDependOnThreads() throws {
        let (base, tuned) = try models()
        try withTemporaryFolder { folder in
            for threads in [1, 2, 5] {
                _ = try compress(
                    tuned, base: BaseFile(base), to: folder.file("\(threads)"), workers: Workers(threads))
                #expect(
                    FileManager.default.contentsEqual(
                        atPath: folder.file("1"), andPath: folder.file("\(threads)")))
            }
        }
    }

    @Test func withoutTheBaseThereIsNoTensor() throws {
        let (base, tuned) = try models()
        try withTemporaryFolder { folder in
            let path = folder.file("tuned.safetensors")
            _ = try compress(tuned, base: BaseFile(base), to: path)
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            #expect(file.predictedCount == 5)
            let checksum = try #require(file.neededBase?.checksum)
            for index in [0, 1, 2, 3, 8] {
                let error = bantamError { _ = try file.tensor(at: index) }
                #expect(error?.kind == .missingInput && error?.file == path)
                #expect(error?.message.contains("'base.npz' (checksum \(checksum))") == true)
            }
            #expect(try file.tensor(at: 5).shape == Self.shape)
            let output = folder.file("out.safetensors")
            let error = bantamError { try Decompression.write(file, to: output) }
            #expect(error?.kind == .missingInput)
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }

    @Test func anotherBaseIsRefused() throws {
        let (base, tuned) = try models()
        try withTemporaryFolder { folder in
            let path = folder.file("tuned.safetensors")
            _ = try compress(tuned, base: BaseFile(base), to: path)
            var changed = base
            var words = changed.tensors[1].tensor.array(as: UInt32.self)
            words[100] ^= 1
            changed.tensors[1].tensor = Tensor(.float32, Self.shape, words)
            var missing = base
            missing.tensors.remove(at: 1)
            var reshaped = base
            reshaped.tensors[1].tensor = base.tensors[1].tensor.reshaped([64, 48])
            let known = Checksum(of: base.tensors[1].tensor)
            let found = Checksum(of: changed.tensors[1].tensor)
            for (other, message) in [
                (changed, "expected the base 'base.npz' with values of checksum \(known), found \(found)"),
                (missing, "expected the base 'base.npz' with this tensor, found no such tensor"),
                (reshaped, "expected the base 'base.npz' with float32 48×64, found float32 64×48"),
            ] {
                let output = folder.file("out.safetensors")
                let file = try CompressedFile(path, base: BaseFile(other))
                let error = bantamError { try Decompression.write(file, to: output) }
                #expect(error?.kind == .corruption && error?.tensor == "f32")
                #expect(error?.file == "models/base.npz")
                #expect(error?.message == message)
                #expect(!FileManager.default.fileExists(atPath: output))
            }
        }
    }

    /// Each bit of what is stored is vouched for without the base, header and residual alike.
    @Test func everyFlippedBitIsFound() throws {
        let base = Tensor(.float32, [30], (0..<30).map { Float($0) })
        let tuned = Self.moved(base, as: UInt32.self)
        try withTemporaryFolder { folder in
            let path = folder.file("small.safetensors")
            let file = BaseFile(MemoryFile(path: "base", tensors: [("w", base), ("s", base)]))
            let source = MemoryFile(tensors: [("w", tuned), ("s", base)])
            #expect(
                try compress(source, base: file, to: path, coding: Coding(named: "zstd")) == [
                    .predicted, .unchanged,
                ])
            try IntegrityTests.forEachFlippedBit(of: path) { bit in
                let error = bantamError { try CompressedFile(path).verify(workers: .one) }
                if error == nil || error?.kind == .internal { Issue.record("bit \(bit) is not found") }
            }
        }
    }

    /// The base may be a compressed file; one that needs a base itself may not, where nobody gives that.
    @Test func aCompressedBase() throws {
        let (base, tuned) = try models()
        try withTemporaryFolder { folder in
            let small = folder.file("base.safetensors")
            let writer = try ArchiveWriter(small, overwriting: false, source: base, coding: .automatic)
            for (index, (_, tensor)) in base.tensors.enumerated() {
                try writer.add(writer.prepare(.dense(tensor), workers: .one), at: index, original: tensor)
            }
            _ = try writer.finish()
            let path = folder.file("tuned.safetensors")
            _ = try compress(tuned, base: BaseFile(CompressedFile(small)), to: path)
            try CompressedFile(path, base: BaseFile(CompressedFile(small))).verify(workers: .one)
            try CompressedFile(path, base: BaseFile(base)).verify(workers: .one)

            let error = bantamError { _ = try BaseFile(contentsOf: path) }
            #expect(error?.kind == .invalidArgument && error?.message.contains("'base.safetensors'") == true)
        }
    }

    @Test func aPredictedTensorNeedsANamedBase() throws {
        let tensor = try Self.weights(.float32, seed: 1)
        try withTemporaryFolder { folder in
            let source = MemoryFile(tensors: [("w", tensor)])
            let writer = try ArchiveWriter(
                folder.file("x.safetensors"), overwriting: false, source: source, coding: .automatic)
            let prepared = try #require(PreparedTensor(tensor, unchangedFrom: tensor))
            let error = bantamError { try writer.add(prepared, at: 0, original: tensor) }
            #expect(error?.kind == .invalidArgument)
        }
    }
}
