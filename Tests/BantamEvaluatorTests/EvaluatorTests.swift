import BantamEvaluator
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Testing

/// Two files side by side: matching, totals, storage.
@Suite struct EvaluatorTests {
    private func tensor(_ values: [Float], _ shape: Shape? = nil) -> Tensor {
        Tensor(.float32, shape ?? [values.count], values)
    }

    @Test func tensorsAreMatchedByNameWhateverTheirOrderAndDType() throws {
        let values: [Float] = [0, 1, 2, 3.0625]
        let original = MemoryFile(
            "a", [("w", tensor(values)), ("b", tensor([1, 0])), ("n", Tensor(.int64, [1], [Int64(10_000)]))])
        let compressed = MemoryFile(
            "b", bytes: 20,
            [
                ("n", Tensor(.int64, [1], [Int64(10_000)])), ("b", tensor([1, 0])),
                ("w", try tensor([0, 1, 2, 3]).float32(roundedTo: .float16)),
            ])
        let found = try Evaluator().evaluate(original: original, compressed: compressed)
        #expect(found.tensors.map(\.name) == ["w", "b", "n"])
        #expect(found.tensors.map(\.encoding) == ["float16", "float32", "int64"])
        #expect(found.tensors.map(\.byteCount) == [8, 8, 8])
        #expect(found.tensors.map(\.originalByteCount) == [16, 8, 8])
        #expect(found.tensors[0].error.maxAbsError == 0.0625)
        #expect(found.tensors[0].sparsity == 0.25 && found.tensors[1].originalSparsity == 0.5)
        #expect(found.tensors[2].histogram == nil && found.tensors[0].histogram != nil)
        // The integers are not in the totals: nothing of them changed.
        #expect(found.totals.count == 6)
        #expect(found.totals.squaredOriginal == 15.37890625)
        #expect(found.totals.squaredError == 0.0625 * 0.0625)
        #expect(found.elementCount == 7 && found.ratio == 1.6)
        #expect(found.bitsPerWeight == 160.0 / 7)
        #expect(found.timing.decompression == nil)
    }

    @Test func changedIntegersCount() throws {
        let original = MemoryFile("a", [("n", Tensor(.int32, [2], [Int32(4), 3]))])
        let compressed = MemoryFile("b", [("n", Tensor(.int32, [2], [Int32(4), 2]))])
        let found = try Evaluator().evaluate(original: original, compressed: compressed)
        #expect(found.totals.maxAbsError == 1 && found.totals.count == 2)
    }

    @Test func whatDoesNotMatchIsListed() throws {
        let original = MemoryFile(
            "a.npz", [("w", tensor([1, 2, 3, 4], [2, 2])), ("b", tensor([1])), ("c", tensor([1]))])
        let compressed = MemoryFile(
            "b.npz", [("w", tensor([1, 2, 3, 4], [4, 1])), ("c", tensor([1])), ("x", tensor([1]))])
        let error = bantamError {
            _ = try Evaluator().evaluate(original: original, compressed: compressed)
        }
        #expect(error?.kind == .invalidArgument)
        #expect(
            error?.description == "b.npz: expected the tensors of a.npz; missing: 'b'; "
                + "not in the original: 'x'; of another shape: 'w' (2×2 and 4×1)")
    }

    @Test func namesThatOnlyLookAlikeAreDifferent() throws {
        let original = MemoryFile("a", [("\u{e9}", tensor([1]))])
        let compressed = MemoryFile("b", [("e\u{301}", tensor([1]))])
        let error = bantamError {
            _ = try Evaluator().evaluate(original: original, compressed: compressed)
        }
        #expect(error?.kind == .invalidArgument)
    }

    @Test func aLongListIsCut() throws {
        let original = MemoryFile("a", (0..<20).map { ("t\($0)", tensor([1])) })
        let error = bantamError {
            _ = try Evaluator().evaluate(original: original, compressed: MemoryFile("b", []))
        }
        #expect(error?.message.hasSuffix("'t7' and 12 more") == true)
    }

    @Test func archivesSayHowTensorsAreHeld() throws {
        let weights = tensor([1, 2, 3, 4], [2, 2])
        let compressed = MemoryArchive("b", [("w", weights)])
        compressed.stored = [("quantized>coded", 3)]
        let found = try Evaluator().evaluate(
            original: MemoryFile("a", [("w", weights)]), compressed: compressed)
        #expect(found.tensors[0].encoding == "quantized>coded")
        #expect(found.tensors[0].bitsPerWeight == 6)
        #expect(found.totals.isExact)
        #expect(found.timing.decompression != nil)
        #expect(
            try Evaluator(measuresTime: false).evaluate(
                original: compressed, compressed: compressed
            ).timing.decompression == nil)
    }

    @Test(arguments: [1, 2, 4]) func threadsDoNotChangeAFigure(threads: Int) throws {
        var random = SeededGenerator(seed: 5)
        let tensors = (0..<6).map { index in
            let values = (0..<(20_000 * index)).map { _ in random.normal() }
            return ("t\(index)", tensor(values))
        }
        let rounded = tensors.map { name, before in
            (name, tensor(before.array(as: Float.self).map { ($0 * 8).rounded() / 8 }))
        }
        let (a, b) = (MemoryFile("a", tensors), MemoryFile("b", rounded))
        let one = try Evaluator(workers: .one).evaluate(original: a, compressed: b)
        let many = try Evaluator(workers: Workers(threads)).evaluate(original: a, compressed: b)
        #expect(one.json() == many.json())
        #expect(one.tensors[5].error.sqnr > 20)
    }

    @Test func aFaultSaysFileAndTensor() throws {
        final class Broken: MemoryFile, @unchecked Sendable {
            override func tensor(at index: Int) throws -> Tensor { throw BantamError(.corruption, "no") }
        }
        let good = MemoryFile("a", [("w", tensor([1]))])
        let error = bantamError {
            _ = try Evaluator().evaluate(original: good, compressed: Broken("b", [("w", tensor([1]))]))
        }
        #expect(error?.description == "b: tensor 'w': no")
    }
}
