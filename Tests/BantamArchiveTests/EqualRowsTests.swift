import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamArchive

/// Matrices with equal rows: what is found against a slow search, what is stored, and what comes back.
@Suite struct EqualRowsTests {
    /// Noise, in which rows are replaced by copies of earlier ones.
    ///
    /// - Parameter copies: the rows to be replaced and what by.
    private static func tensor(
        _ dtype: DType, _ shape: Shape, copies: [Int: Int], seed: UInt64 = 1
    ) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        let count = Tensor.byteCount(dtype, shape) ?? 0
        // The high byte of every other pair says little, so that coders have something to do.
        var bytes = (0..<count).map { index in
            let random = UInt8(truncatingIfNeeded: generator.next())
            return index % 2 == 0 ? random : 0x3c + random % 3
        }
        let row = shape.axes[0] == 0 ? 0 : count / shape.axes[0]
        for (target, source) in copies.sorted(by: { $0.key < $1.key }) {
            bytes.replaceSubrange(
                target * row..<(target + 1) * row, with: bytes[source * row..<(source + 1) * row])
        }
        return Tensor(dtype, shape, Storage(byteCount: count) { $0.copyBytes(from: bytes) })
    }

    /// Every third row from the middle on is an earlier one.
    private static func someCopies(_ rows: Int) -> [Int: Int] {
        Dictionary(
            uniqueKeysWithValues: stride(from: rows / 2, to: rows, by: 3).map { ($0, ($0 * 13) % (rows / 2)) }
        )
    }

    /// What `repeats` must be, row by row with a list of all rows.
    private static func reference(_ tensor: Tensor) -> [UInt32] {
        let rows = tensor.shape.axes[0]
        let bytes = Array(tensor.storage.bytes)
        let length = bytes.count / rows
        var known: [[UInt8]: UInt32] = [:]
        return (0..<rows).map { row in
            let row = Array(bytes[row * length..<(row + 1) * length])
            if let number = known[row] { return number }
            known[row] = UInt32(known.count + 1)
            return 0
        }
    }

    private static func write(
        _ tensors: [(name: String, encoding: Encoding, original: Tensor)], to path: String, coding: String,
        workers: Workers = .one
    ) throws -> ArchiveSummary {
        let source = MemoryFile(tensors: tensors.map { ($0.name, $0.original) })
        let writer = try ArchiveWriter(
            path, overwriting: true, source: source, coding: try Coding(named: coding))
        try workers.forEach(tensors.count) { index in
            let prepared = try writer.prepare(tensors[index].encoding, workers: workers)
            try writer.add(prepared, at: index, original: tensors[index].original, workers: workers)
        }
        return try writer.finish(workers: workers)
    }

    private static let dtypes: [DType] = [
        .float64, .float32, .float16, .bfloat16, .float8E4M3, .complex128, .complex64, .int64, .int8, .uint16,
        .bool,
    ]
    private static let shapes: [Shape] = [
        [0, 64], [64, 0], [1, 64], [2, 3000], [300, 41], [301, 67], [200, 3, 15], [90, 4, 5, 6],
    ]

    @Test(arguments: dtypes) func whatIsFoundIsWhatASlowSearchFinds(_ dtype: DType) throws {
        for shape in Self.shapes {
            let rows = shape.axes[0]
            for copies in [
                [:], Self.someCopies(max(rows, 2)).filter { $0.key < rows },
                Dictionary(uniqueKeysWithValues: (0..<rows).dropFirst().map { ($0, 0) }),
            ] {
                let tensor = Self.tensor(dtype, shape, copies: copies)
                let found = EqualRows(of: tensor, workers: .one)?.repeats
                #expect(found == EqualRows(of: tensor, workers: Workers(3))?.repeats)
                let expected = tensor.byteCount == 0 ? [] : Self.reference(tensor)
                let saved = expected.count { $0 != 0 } * (tensor.byteCount / max(rows, 1))
                let pays = saved >= 512 + tensor.byteCount / 256
                #expect(found == (pays ? expected : nil), "\(dtype) \(shape)")
            }
        }
    }

    /// Rows that begin alike, or differ in their last byte only, are not equal; those that are, are found wherever
    /// they stand.
    @Test func onlyRowsOfTheSameBytesAreEqual() {
        var rows = (0..<100).map { _ in [UInt8](repeating: 7, count: 200) }
        for (index, row) in rows.indices.enumerated() { rows[row][199] = UInt8(index % 40) }
        for row in 60..<80 { rows[row][100] = 8 }
        let tensor = Tensor(.uint8, [100, 200], rows.flatMap { $0 })
        let expected = Self.reference(tensor)
        #expect(expected.count { $0 == 0 } == 60)
        #expect(EqualRows(of: tensor, workers: .one)?.repeats == expected)
    }

    /// Every dtype and shape through a file and back, with a coder that looks for no repeats, one that does, and none.
    @Test(arguments: dtypes, ["fast", "zstd", "none"])
    func everythingComesBack(_ dtype: DType, _ coding: String) throws {
        try withTemporaryFolder { folder in
            let tensors = Self.shapes.enumerated().flatMap { index, shape -> [(String, Tensor)] in
                let copies = Self.someCopies(max(shape.axes[0], 2)).filter { $0.key < shape.axes[0] }
                return [
                    ("some\(index)", Self.tensor(dtype, shape, copies: copies)),
                    ("none\(index)", Self.tensor(dtype, shape, copies: [:], seed: 9)),
                    (
                        "all\(index)",
                        Self.tensor(
                            dtype, shape,
                            copies: Dictionary(
                                uniqueKeysWithValues: (0..<shape.axes[0]).dropFirst().map { ($0, 0) }),
                            seed: 5)
                    ),
                ]
            }
            let path = folder.file("rows.safetensors")
            let summary = try Self.write(
                tensors.map { ($0.0, .dense($0.1), $0.1) }, to: path, coding: coding)
            #expect(summary.tensors.allSatisfy { $0.isLossless })
            let kinds = Set(summary.tensors.map(\.encoding))
            #expect(kinds.contains { $0.hasPrefix("repeated-rows") } == (coding != "none"), "\(kinds)")
            for workers in [Workers.one, Workers(3)] {
                let file = try CompressedFile(path, workers: workers)
                try file.verify(workers: workers)
                for (index, (name, tensor)) in tensors.enumerated() {
                    #expect(try file.tensor(at: index).hasBytes(of: tensor), "\(name)")
                    #expect(file.storage(at: index).encoding == summary.tensors[index].encoding)
                    guard case .dense(let held) = try file.encoding(at: index) else {
                        Issue.record("\(name) is not dense")
                        continue
                    }
                    #expect(held.hasBytes(of: tensor))
                }
            }
        }
    }

    @Test(arguments: ["auto", "fast", "max"]) func theBytesDoNotDependOnThreads(_ coding: String) throws {
        try withTemporaryFolder { folder in
            let shape: Shape = [500, 33]
            let tensor = Self.tensor(.bfloat16, shape, copies: Self.someCopies(500))
            let codes = Self.tensor(.int8, shape, copies: Self.someCopies(500), seed: 3)
            let quantized = Encoding.quantized(
                Quantized(
                    codes: .dense(codes), scales: Samples.scales([500]), zeroPoints: nil,
                    granularity: .channel))
            let tensors = [
                ("a", Encoding.dense(tensor), tensor), ("b", quantized, try quantized.decoded(workers: .one)),
            ]
            let path = folder.file("rows.safetensors")
            let first = try Self.write(tensors, to: path, coding: coding)
            #expect(
                first.tensors.map(\.encoding) == ["repeated-rows>coded", "quantized>repeated-rows>coded"])
            let expected = try Data(contentsOf: URL(fileURLWithPath: path))
            for threads in [2, 5] {
                _ = try Self.write(tensors, to: path, coding: coding, workers: Workers(threads))
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
            }
        }
    }

    /// A tenth of the rows copied anywhere costs a coder of single elements next to nothing.
    @Test func copiesCostNextToNothing() throws {
        let (rows, columns) = (3000, 200)
        let copies = Dictionary(uniqueKeysWithValues: (0..<300).map { (1500 + 5 * $0, $0 % 7) })
        let tensor = Self.tensor(.bfloat16, [rows, columns], copies: copies)
        let bytes = Array(tensor.storage.bytes)
        let firsts: [Int] = (0..<rows).filter { copies[$0] == nil }
        var unique: [UInt8] = []
        for row in firsts { unique += bytes[row * 2 * columns..<(row + 1) * 2 * columns] }
        let once = Tensor(
            .bfloat16, [rows - 300, columns], Storage(byteCount: unique.count) { $0.copyBytes(from: unique) })
        for coding in [Coding.automatic, try Coding(named: "fast"), try Coding(named: "zstd")] {
            let stored = try PreparedTensor(.dense(tensor), coding: coding, workers: .one)
            let least = try PreparedTensor(.dense(once), coding: coding, workers: .one)
            let whole = try PreparedTensor(whole: .dense(tensor), coding: coding, workers: .one)
            #expect(stored.byteCount <= whole.byteCount)
            #expect(stored.byteCount < least.byteCount + 2500, "\(coding.name)")
            if coding.name != "zstd" {
                #expect(stored.tree.repeats?.distinctCount == rows - 300)
                #expect(stored.byteCount < whole.byteCount * 92 / 100)
            }
        }
    }

    /// Where it does not pay all rows are stored: few or short copies, coders that find them, coding none.
    @Test func rowsAreStoredOnceOnlyIfItPays() throws {
        func isOnce(_ tensor: Tensor, _ coding: String = "fast") throws -> Bool {
            let coding = try Coding(named: coding)
            let prepared = try PreparedTensor(.dense(tensor), coding: coding, workers: .one)
            let whole = try PreparedTensor(whole: .dense(tensor), coding: coding, workers: .one)
            #expect(prepared.byteCount <= whole.byteCount)
            return prepared.tree.repeats != nil
        }
        let half = Dictionary(uniqueKeysWithValues: (200..<400).map { ($0, $0 - 200) })
        #expect(try isOnce(Self.tensor(.float32, [400, 16], copies: half)))
        #expect(try !isOnce(Self.tensor(.float32, [400, 16], copies: half), "none"))
        let all = Dictionary(uniqueKeysWithValues: (1..<400).map { ($0, 0) })
        #expect(try !isOnce(Self.tensor(.float32, [400, 16], copies: all), "zstd"))
        // Rows of 28 bytes; a vector; four copies of 128 bytes, and of 512.
        #expect(try !isOnce(Self.tensor(.float32, [400, 7], copies: half)))
        #expect(try !isOnce(Self.tensor(.float32, [6400], copies: [:])))
        #expect(try !isOnce(Self.tensor(.float32, [20, 32], copies: [8: 1, 9: 1, 10: 2, 11: 2])))
        #expect(try isOnce(Self.tensor(.float32, [100, 128], copies: [8: 1, 9: 1, 10: 2, 11: 2])))
        // Under a 256th of the tensor.
        #expect(try !isOnce(Self.tensor(.float32, [2000, 64], copies: [9: 1, 10: 2, 11: 2])))
        // Zeros nearly everywhere, and so many rows of nothing else: what that takes whole is little already.
        var generator = SeededGenerator(seed: 4)
        let sparse = (0..<6000 * 32).map { _ in
            Int.random(in: 0..<400, using: &generator) == 0 ? Float(generator.normal()) : 0
        }
        for coding in ["fast", "auto", "zstd", "max", "dense", "huffman"] {
            _ = try isOnce(Tensor(.float32, [6000, 32], sparse), coding)
        }
    }

    /// Codes of quantized and palettized tensors are matrices too; packed ones stay packed where that takes less.
    @Test func codesWithEqualRowsComeBack() throws {
        try withTemporaryFolder { folder in
            let shape: Shape = [400, 6, 12]
            let copies = Self.someCopies(400)
            func codes(_ dtype: DType, _ values: Range<Int>) -> Tensor {
                let noise = Self.tensor(.uint8, shape, copies: copies, seed: 8).array(as: UInt8.self)
                let bytes = noise.map { value in
                    UInt8(truncatingIfNeeded: values.lowerBound + Int(value) * values.count / 256)
                }
                return Tensor(dtype, shape, bytes)
            }
            func quantized(
                _ codes: Tensor, _ granularity: Quantized.Granularity, bits: Int? = nil,
                trellis: TrellisCode? = nil
            ) -> Encoding {
                .quantized(
                    Quantized(
                        codes: .dense(codes), scales: Samples.scales(granularity.scaleShape(of: shape)),
                        zeroPoints: nil, granularity: granularity, codeBits: bits ?? 8, trellis: trellis))
            }
            let book = Tensor(.float32, [16], (0..<16).map { Float($0 * $0) })
            let encodings: [(String, Encoding, String)] = [
                ("int8", quantized(codes(.int8, -128..<128), .channel), "quantized>repeated-rows>coded"),
                ("group", quantized(codes(.int8, -100..<100), .group(12)), "quantized>repeated-rows>coded"),
                (
                    "int4", quantized(codes(.int8, -8..<8), .tensor, bits: 4),
                    "quantized>repeated-rows>int4>coded"
                ),
                (
                    "palettized",
                    .palettized(Palettized(codes: .dense(codes(.uint8, 0..<16)), codebook: book)),
                    "palettized>repeated-rows>uint4>coded"
                ),
                (
                    "trellis", quantized(codes(.int8, -8..<8), .tensor, bits: 4, trellis: .states8),
                    "trellis-codes>int4"
                ),
            ]
            let path = folder.file("codes.safetensors")
            let tensors = try encodings.map { ($0.0, $0.1, try $0.1.decoded(workers: .one)) }
            let summary = try Self.write(tensors, to: path, coding: "fast")
            let file = try CompressedFile(path)
            try file.verify(workers: Workers(2))
            for (index, (name, encoding, kind)) in encodings.enumerated() {
                #expect(summary.tensors[index].encoding == kind, "\(name)")
                #expect(summary.tensors[index].isLossless)
                #expect(try file.tensor(at: index).hasBytes(of: tensors[index].2), "\(name)")
                #expect(try file.encoding(at: index).summary == encoding.summary)
            }
            // Array by array: what the parts are, and their elements.
            let arrays = file.arrays(at: 0)
            #expect(arrays.map(\.part) == ["codes.distinct", "codes.repeats", "scales"])
            #expect(arrays.map(\.isNumbers) == [true, false, false])
            let distinct = try file.elements(of: arrays[0], at: 0)
            #expect(distinct.dtype == .int8 && distinct.shape == [400 - copies.count, 72])
            let packed = file.arrays(at: 2)
            #expect(packed[0].part == "codes.distinct" && packed[0].kind == "int4")
            #expect(try file.elements(of: packed[0], at: 2).elementCount == (400 - copies.count) * 72)
        }
    }

    /// Rows of elements below a byte, if they are of whole bytes.
    @Test func subByteElements() throws {
        try withTemporaryFolder { folder in
            let tensor = Self.tensor(.float4, [300, 130], copies: Self.someCopies(300))
            let odd = Self.tensor(.float4, [300, 131], copies: [:])
            let path = folder.file("float4.safetensors")
            let summary = try Self.write(
                [("w", .dense(tensor), tensor), ("odd", .dense(odd), odd)], to: path, coding: "fast")
            #expect(summary.tensors[0].encoding.hasPrefix("repeated-rows"))
            #expect(summary.tensors[1].encoding.hasPrefix("dense"))
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            #expect(try file.tensor(at: 0).hasBytes(of: tensor))
            #expect(try file.tensor(at: 1).hasBytes(of: odd))
        }
    }

    /// Beside a base a residual is one array; alone the same tensor has its rows once.
    @Test func residualsAreOneArray() throws {
        let base = Self.tensor(.bfloat16, [400, 100], copies: Self.someCopies(400))
        var words = base.array(as: UInt16.self)
        for index in 0..<4000 { words[index] ^= 3 }
        let tuned = Tensor(.bfloat16, [400, 100], words)
        let coding = try Coding(named: "fast")
        let predicted = try PreparedTensor(tuned, predictedFrom: base, coding: coding, workers: .one)
        #expect(predicted.prediction == .predicted && predicted.tree.repeats == nil)
        let alone = try PreparedTensor(.dense(tuned), coding: coding, workers: .one)
        #expect(alone.tree.repeats != nil)
    }

    /// Two tensors with the same equal rows are stored once, as any others.
    @Test func equalTensorsWithEqualRowsAreStoredOnce() throws {
        try withTemporaryFolder { folder in
            let tensor = Self.tensor(.float16, [400, 100], copies: Self.someCopies(400))
            let path = folder.file("tied.safetensors")
            let summary = try Self.write(
                [("a", .dense(tensor), tensor), ("b", .dense(tensor), tensor)], to: path, coding: "fast")
            #expect(summary.tensors.map(\.encoding) == ["repeated-rows>coded", "same as a"])
            #expect(summary.tensors[1].byteCount == 0)
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            #expect(try file.tensor(at: 1).hasBytes(of: tensor))
        }
    }

    /// Mapped tensors that are coded on their way into the file are looked at as well.
    @Test func streamsGiveWay() throws {
        try withTemporaryFolder { folder in
            let shape: Shape = [3000, 400]
            let tensors = [
                Self.tensor(.bfloat16, shape, copies: Self.someCopies(3000)),
                Self.tensor(.bfloat16, shape, copies: [:], seed: 2),
            ]
            let entries = ["equal", "other"].map { TensorEntry(name: $0, dtype: .bfloat16, shape: shape) }
            let (plain, small) = (folder.file("plain.safetensors"), folder.file("small.safetensors"))
            try SafetensorsWriter.write(TensorSource(entries) { tensors[$0] }, to: plain)
            let source = try SafetensorsFile(plain)
            let writer = try ArchiveWriter(
                small, overwriting: false, source: source, coding: try Coding(named: "fast"))
            #expect(try !writer.stream(source.tensor(at: 0), at: 0, workers: Workers(2)))
            #expect(try writer.stream(source.tensor(at: 1), at: 1, workers: Workers(2)))
            let original = try source.tensor(at: 0)
            try writer.add(writer.prepare(.dense(original), workers: .one), at: 0, original: original)
            let summary = try writer.finish()
            #expect(summary.tensors.map(\.encoding) == ["repeated-rows>coded", "dense>coded"])
            let restored = folder.file("restored.safetensors")
            try Decompression.write(CompressedFile(small, workers: Workers(2)), to: restored)
            #expect(FileManager.default.contentsEqual(atPath: plain, andPath: restored))
        }
    }
}
