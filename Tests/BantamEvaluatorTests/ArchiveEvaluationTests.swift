import BantamArchive
import BantamEncodings
import BantamEvaluator
import BantamInference
import BantamTensors
import BantamTestSupport
import Testing

/// A compressed file on disk beside what it was made from.
@Suite struct ArchiveEvaluationTests {
    @Test func aCompressedFileIsEvaluated() throws {
        var random = SeededGenerator(seed: 11)
        let sparse = (0..<64 * 40).map { _ in
            Int.random(in: 0..<10, using: &random) == 0 ? random.normal() : 0
        }
        let left = Tensor(.float32, [12, 2], (0..<24).map { _ in random.normal() })
        let right = Tensor(.float32, [2, 64], (0..<128).map { _ in random.normal() })
        let lowRank = Encoding.lowRank(LowRank(shape: [12, 64], left: .dense(left), right: .dense(right)))
        let original = MemoryFile(
            "original",
            [
                ("sparse.weight", Tensor(.float32, [64, 40], sparse)),
                ("sparse.bias", Tensor(.float32, [64], (0..<64).map { _ in random.normal() })),
                ("low.weight", try lowRank.decoded(workers: .one)),
            ])
        let data = MemoryFile(
            "data",
            [
                ("inputs", Tensor(.float32, [30, 40], (0..<1200).map { _ in random.normal() })),
                ("labels", Tensor(.int32, [30], (0..<30).map { Int32($0 % 12) })),
            ])
        let network = try Network(
            yaml: """
                input: [40]
                layers:
                  - linear: {weight: sparse.weight, bias: sparse.bias}
                  - relu
                  - linear: {weight: low.weight}
                task: classification
                """, file: "network.yaml")
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("small.safetensors").path
            let writer = try ArchiveWriter(path, overwriting: false, source: original, coding: .none)
            let encodings = [
                .sparse(try Sparse(original.tensors[0], as: .csr)), .dense(original.tensors[1]), lowRank,
            ]
            for (index, encoding) in encodings.enumerated() {
                try writer.add(
                    writer.prepare(encoding, workers: .one), at: index, original: original.tensors[index])
            }
            _ = try writer.finish()

            let compressed = try CompressedFile(path)
            let found = try Evaluator().evaluate(
                original: original, compressed: compressed, network: network, data: data)
            #expect(found.totals.isExact && found.totals.count == 64 * 40 + 64 + 12 * 64)
            #expect(found.compressed.byteCount == compressed.fileByteCount)
            #expect(found.tensors.map(\.encoding) == (0..<3).map { compressed.storage(at: $0).encoding })
            #expect(found.tensors.map(\.byteCount) == (0..<3).map { compressed.storage(at: $0).byteCount })
            #expect(found.tensors[0].byteCount < found.tensors[0].originalByteCount)
            #expect(found.tensors[0].sparsity == found.tensors[0].originalSparsity)
            #expect(found.tensors.map { $0.spectrum?.rank } == [nil, nil, 2])
            #expect(found.original.metrics == found.compressed.metrics)
            #expect(found.predictions?.agreeing == 30)
            #expect(found.timing.directInference != nil && found.timing.decompression != nil)
            // Against another's plain file the archive can be the original as well.
            #expect(try Evaluator().evaluate(original: compressed, compressed: original).totals.isExact)
        }
    }
}
