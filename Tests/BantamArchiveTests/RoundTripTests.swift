import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Every tree of encodings through a file and back.
@Suite struct RoundTripTests {
    @Test(arguments: ["none", "auto", "zstd", "zstd:19"]) func everyEncodingComesBack(_ coding: String) throws
    {
        try withTemporaryFolder { folder in
            let encodings = try Samples.encodings()
            let path = folder.file("all.safetensors")
            let summary = try Samples.write(encodings, to: path, coding: Coding(named: coding))
            let file = try CompressedFile(path, workers: Workers(2))
            try file.verify(workers: Workers(2))
            #expect(summary.byteCount == file.fileByteCount)
            #expect(file.entries.map(\.name) == encodings.map(\.name))
            for (index, (name, encoding)) in encodings.enumerated() {
                let expected = try encoding.decoded(workers: .one).float32()
                let found = try file.tensor(at: index)
                #expect(found.dtype == .float32 && found.shape == [12, 20])
                #expect(Array(found.storage.bytes) == Array(expected.storage.bytes), "\(name)")
                let again = try file.encoding(at: index)
                #expect(again.summary == encoding.summary)
                #expect(leaves(again) == leaves(encoding), "\(name)")
            }
        }
    }

    /// Arrays of an encoding: dtype, shape, bytes.
    private func leaves(_ encoding: Encoding) -> [String] {
        func text(_ tensor: Tensor) -> String {
            "\(tensor.dtype) \(tensor.shape) \(Array(tensor.storage.bytes))"
        }
        switch encoding {
        case .dense(let tensor): return [text(tensor)]
        case .quantized(let quantized):
            return leaves(quantized.codes) + [
                text(quantized.scales), quantized.zeroPoints.map(text) ?? "",
                quantized.granularity.description, "\(quantized.rotation as Any)",
            ] + (quantized.heldScales.map(leaves) ?? [])
        case .sparse(let sparse):
            let positions =
                switch sparse.positions {
                case .csr(let rowPointers, let columnIndices): [text(rowPointers), text(columnIndices)]
                case .bitmask(let mask): [text(mask)]
                case .relative(let gaps): [text(gaps)]
                }
            return positions + leaves(sparse.values)
        case .palettized(let palettized):
            return leaves(palettized.codes) + [
                text(palettized.codebook), "\(palettized.rowsPerGroup as Any)",
            ]
        case .lowRank(let lowRank): return leaves(lowRank.left) + leaves(lowRank.right)
        case .trellisCoded(let coded): return [text(coded.indices), text(coded.tables)]
        }
    }

    @Test func howTensorsAreHeldIsSaid() throws {
        try withTemporaryFolder { folder in
            let encodings = try Samples.encodings()
            let plain = folder.file("plain.safetensors")
            let coded = folder.file("coded.safetensors")
            _ = try Samples.write(encodings, to: plain, coding: .none)
            let summary = try Samples.write(encodings, to: coded, coding: Coding(named: "zstd"))
            let (a, b) = (try CompressedFile(plain), try CompressedFile(coded))
            let expected = [
                "dense", "float16", "bfloat16", "quantized", "quantized", "quantized", "quantized",
                "quantized",
                "csr", "quantized>csr", "csr>quantized", "bitmask", "quantized>bitmask", "bitmask>quantized",
                "relative", "quantized>relative", "relative>quantized", "low-rank", "low-rank>quantized",
                "quantized>int3", "quantized>bitmask>int3", "quantized>int3", "quantized>int3",
                "quantized>int3", "trellis-codes>int3", "quantized", "quantized>palettized>uint3",
                "palettized>uint3",
                "palettized>uint3", "palettized>relative>uint3", "trellis",
            ]
            #expect(encodings.indices.map { a.storage(at: $0).encoding } == expected)
            #expect(b.storage(at: 0).encoding == "dense>coded")
            #expect(b.storage(at: 1).encoding == "float16>coded")
            #expect(encodings.indices.map { b.storage(at: $0).encoding } == summary.tensors.map(\.encoding))
            #expect(encodings.indices.map { b.storage(at: $0).byteCount } == summary.tensors.map(\.byteCount))
            #expect(summary.tensors[0].isLossless && summary.tensors[8].isLossless)
            let total = summary.tensors.reduce(0) { $0 + $1.byteCount }
            #expect(summary.byteCount == summary.headerByteCount + total)
            #expect(a.storage(at: 0).byteCount == 12 * 20 * 4)
        }
    }

    @Test func threadsAndOrderDoNotShow() throws {
        try withTemporaryFolder { folder in
            let encodings = try Samples.encodings(120, 200)
            let original = Samples.matrix(120, 200)
            let files = try [1, 2, 4].map { threads in
                let path = folder.file("\(threads).safetensors")
                _ = try Samples.write(encodings, to: path, original: original, workers: Workers(threads))
                return try Data(contentsOf: URL(fileURLWithPath: path))
            }
            #expect(files[0] == files[1] && files[0] == files[2])
        }
    }

    @Test func everyDTypeIsKept() throws {
        try withTemporaryFolder { folder in
            let bytes = (0..<768).map { UInt8($0 % 7) }
            let tensors = DType.allCases.map { dtype in
                let shape: Shape = [3, 16]
                let count = Tensor.byteCount(dtype, shape) ?? 0
                return (
                    name: dtype.rawValue,
                    tensor: Tensor(
                        dtype, shape, Storage(byteCount: count) { $0.copyBytes(from: bytes[..<count]) })
                )
            }
            for coding in [Coding.none, .automatic] {
                let path = folder.file("\(coding.name).safetensors")
                let source = MemoryFile(tensors: tensors)
                let writer = try ArchiveWriter(path, overwriting: false, source: source, coding: coding)
                for index in tensors.indices {
                    let original = tensors[index].tensor
                    try writer.add(
                        writer.prepare(.dense(original), workers: .one), at: index, original: original)
                }
                #expect(try writer.finish().tensors.allSatisfy(\.isLossless))
                let file = try CompressedFile(path)
                try file.verify(workers: .one)
                for (index, (name, tensor)) in tensors.enumerated() {
                    let found = try file.tensor(at: index)
                    #expect(found.dtype == tensor.dtype && found.shape == tensor.shape, "\(name)")
                    #expect(Array(found.storage.bytes) == Array(tensor.storage.bytes), "\(name)")
                }
            }
        }
    }

    /// Shapes with no axes, no elements, one element.
    @Test func oddShapes() throws {
        try withTemporaryFolder { folder in
            let tensors: [(String, Tensor)] = [
                ("scalar", Tensor(.float32, [], [Float(1.5)])), ("empty", Tensor(.float32, [0], [Float]())),
                ("none", Tensor(.float64, [3, 0, 5], [Double]())), ("", Tensor(.int8, [1], [Int8(-1)])),
                ("日本 \"quoted\"\n", Tensor(.bool, [2], [UInt8(0), 1])),
            ]
            let path = folder.file("odd.safetensors")
            let writer = try ArchiveWriter(
                path, overwriting: false, source: MemoryFile(tensors: tensors), coding: .automatic)
            for (index, (_, tensor)) in tensors.enumerated() {
                try writer.add(writer.prepare(.dense(tensor), workers: .one), at: index, original: tensor)
            }
            _ = try writer.finish()
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            for (index, (name, tensor)) in tensors.enumerated() {
                #expect(file.entries[index].name == name && file.entries[index].shape == tensor.shape)
                #expect(Array(try file.tensor(at: index).storage.bytes) == Array(tensor.storage.bytes))
            }
        }
    }

    /// Other original dtypes: what comes back is rounded to them.
    @Test func theOriginalDTypeComesBack() throws {
        try withTemporaryFolder { folder in
            let weights = Samples.matrix(12, 20)
            let encoding = try #require(try Samples.encodings().first { $0.name == "quantized-csr" })
            for dtype in [DType.float64, .float16, .bfloat16, .float8E4M3, .float8E5M2] {
                let original = try weights.float32(roundedTo: dtype)
                let path = folder.file("\(dtype.rawValue).safetensors")
                _ = try Samples.write([encoding], to: path, original: original)
                let found = try CompressedFile(path).tensor(at: 0)
                #expect(found.dtype == dtype)
                #expect(Array(found.storage.bytes) == Array(original.storage.bytes))
            }
        }
    }

    @Test func aSmallNetworksHeaderIsSmall() throws {
        try withTemporaryFolder { folder in
            let shapes: [Shape] = [[300, 64], [300], [100, 300], [100], [10, 100], [10]]
            let tensors = shapes.enumerated().map { index, shape in
                (
                    name: "fc\(index / 2 + 1).\(shape.rank == 2 ? "weight" : "bias")",
                    tensor: Tensor(
                        .float32, shape, Samples.weights(1, shape.elementCount, seed: UInt64(index + 1)))
                )
            }
            let path = folder.file("mlp.safetensors")
            let source = MemoryFile(tensors: tensors)
            let writer = try ArchiveWriter(path, overwriting: false, source: source, coding: .automatic)
            for (index, (_, tensor)) in tensors.enumerated() {
                var encoding = Encoding.dense(tensor)
                if tensor.shape.rank == 2 {
                    let codes = Samples.codes(tensor.array(as: Float.self), tensor.shape)
                    encoding = .quantized(
                        Quantized(
                            codes: .sparse(try Sparse(codes, as: .relative)),
                            scales: Samples.scales([tensor.shape.axes[0]]), zeroPoints: nil,
                            granularity: .channel)
                    )
                }
                try writer.add(writer.prepare(encoding, workers: .one), at: index, original: tensor)
            }
            let summary = try writer.finish()
            #expect(summary.headerByteCount <= 2048 + 512, "\(summary.headerByteCount)")
        }
    }

    /// A matrix so large that its checksum is taken some rows at a time: the same as that of the whole.
    @Test(arguments: [Quantized.Granularity.tensor, .channel, .group(48)])
    func largeMatricesComeBack(_ granularity: Quantized.Granularity) throws {
        try withTemporaryFolder { folder in
            let shape: Shape = [3001, 100, 10]
            let codes = Tensor(
                .int8, shape, (0..<shape.elementCount).map { Int8(truncatingIfNeeded: $0 % 251) })
            let scaleShape = granularity.scaleShape(of: shape)
            let count = scaleShape.elementCount
            let quantized = Encoding.quantized(
                Quantized(
                    codes: .dense(codes),
                    scales: Tensor(.float32, scaleShape, (0..<count).map { Float($0 % 64 + 1) / 64 }),
                    zeroPoints: Tensor(.int8, scaleShape, (0..<count).map { Int8($0 % 5) }),
                    granularity: granularity))
            let decoded = try quantized.decoded(workers: .one)
            for original in [decoded, try decoded.float32(roundedTo: .bfloat16)] {
                let path = folder.file("\(original.dtype.rawValue).safetensors")
                let summary = try Samples.write(
                    [("w", quantized)], to: path, coding: .none, original: original)
                #expect(summary.tensors[0].isLossless)
                let found = try CompressedFile(path).tensor(at: 0)
                #expect(Checksum(of: found) == Checksum(of: original))
            }
        }
    }
}
