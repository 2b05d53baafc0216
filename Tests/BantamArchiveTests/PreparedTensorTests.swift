import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Tensors prepared without a file, to be compared or refused.
@Suite struct PreparedTensorTests {
    @Test func sizesCanBeComparedWithoutAFile() throws {
        let weights = Samples.matrix(200, 300)
        let dense = try PreparedTensor(.dense(weights), coding: .none, workers: .one)
        #expect(dense.dataByteCount == 200 * 300 * 4)
        let sparse = try PreparedTensor(.sparse(Sparse(weights, as: .bitmask)), coding: .none, workers: .one)
        let count = Samples.weights(200, 300).count { $0 != 0 }
        #expect(sparse.dataByteCount == 200 * 300 / 8 + count * 4)
        let coded = try PreparedTensor(.dense(weights), coding: .automatic, workers: .one)
        #expect(coded.byteCount < dense.byteCount)
    }

    /// The estimate is of the right size, header text included.
    @Test func theEstimateIsNearTheTruth() throws {
        try withTemporaryFolder { folder in
            let encodings = try Samples.encodings()
            for coding in [Coding.none, .automatic] {
                let summary = try Samples.write(
                    encodings, to: folder.file("\(coding.name).safetensors"), coding: coding)
                let estimate = try encodings.reduce(0) {
                    try $0 + PreparedTensor($1.encoding, coding: coding, workers: .one).byteCount
                }
                #expect(abs(estimate - summary.byteCount) < summary.byteCount / 5)
            }
        }
    }

    /// A tensor of a gigabyte in no bytes at all would look like an attack to every reader.
    @Test func nothingIsWrittenThatReadersRefuse() throws {
        let empty = Sparse(
            shape: [1 << 20, 256], positions: .relative(Tensor(.uint8, [0], [UInt8]())),
            values: .dense(Tensor(.float32, [0], [Float]())))
        let error = bantamError { _ = try PreparedTensor(.sparse(empty), coding: .automatic, workers: .one) }
        #expect(error?.kind == .invalidArgument)
    }

    /// Where only coding makes a tensor too small beside its shape, it is left out.
    @Test func codingGivesWayToThatLimit() throws {
        try withTemporaryFolder { folder in
            let shape: Shape = [8000, 4000]
            let zeros = Sparse(
                shape: shape,
                positions: .csr(
                    rowPointers: Tensor(.uint8, [8001], [UInt8](repeating: 0, count: 8001)),
                    columnIndices: Tensor(.uint16, [0], [UInt16]())),
                values: .dense(Tensor(.float32, [0], [Float]())))
            let prepared = try PreparedTensor(.sparse(zeros), coding: .automatic, workers: .one)
            #expect(prepared.dataByteCount == 8001)
            let original = Tensor(.float32, shape, as: Float.self) { $0.update(repeating: 0) }
            let path = folder.file("zeros.safetensors")
            let summary = try Samples.write([("w", .sparse(zeros))], to: path, original: original)
            #expect(summary.tensors[0].isLossless)
            try CompressedFile(path).verify(workers: .one)
        }
    }

    @Test func anyFileIsOpenedAsWhatItIs() throws {
        try withTemporaryFolder { folder in
            let raw = folder.file("weights.bin")
            try Data([0, 0, 128, 63, 0, 0, 0, 64]).write(to: URL(fileURLWithPath: raw))
            let layout = try RawLayout(parsing: "dtype=float32,shape=2")
            #expect(try ModelFile.open(raw, raw: layout).tensor(at: 0).array(as: Float.self) == [1, 2])
            let plain = folder.file("plain.safetensors")
            try TensorFiles.write(TensorSource(try ModelFile.open(raw, raw: layout)), to: plain)
            #expect(try ModelFile.open(plain) is SafetensorsFile)
            let small = folder.file("small.safetensors")
            let encodings = try Samples.encodings().prefix(1)
            _ = try Samples.write(Array(encodings), to: small)
            #expect(try ModelFile.open(small).format == "bantam")
        }
    }

    /// A file without tensors is a file too.
    @Test func nothingIsKeptAsWell() throws {
        try withTemporaryFolder { folder in
            let path = folder.file("none.safetensors")
            let source = MemoryFile(tensors: [], metadata: [("a", "1"), ("b", "")])
            let writer = try ArchiveWriter(path, overwriting: false, source: source, coding: .automatic)
            _ = try writer.finish()
            let file = try CompressedFile(path)
            try file.verify(workers: Workers(4))
            #expect(file.entries.isEmpty && file.metadata.map(\.value) == ["1", ""])
        }
    }
}
