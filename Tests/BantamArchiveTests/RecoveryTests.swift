import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamArchive

/// Floats that were quantized once: what is found in tensors by NumPy (Fixtures/make_fixtures.py), what is stored, and that
/// every file comes back as it was.
@Suite struct RecoveryTests {
    private static let path = fixtures().file("dequantized.safetensors")
    private static let dtypes: [DType] = [.float32, .bfloat16, .float16]
    private static let granularities: [Quantized.Granularity] = [
        .tensor, .channel, .group(128), .group(64), .group(32),
    ]

    /// `tensor` as it comes back from codes and scales.
    private static func decoded(_ quantized: Quantized, _ dtype: DType) throws -> Tensor {
        try quantized.decoded(workers: .one).float32(roundedTo: dtype)
    }

    /// The words of a fixture's name: the codes, and which elements share a scale.
    private static func granularity(_ name: String) -> Quantized.Granularity {
        switch name.split(separator: "-")[1] {
        case "tensor", "vector": .tensor
        case let run where run.hasPrefix("group"): .group(Int(run.dropFirst(5)) ?? 0)
        default: .channel
        }
    }

    @Test func whatNumPyQuantizedIsFound() throws {
        let file = try SafetensorsFile(Self.path)
        var found = 0
        for (index, entry) in file.entries.enumerated() {
            let tensor = try file.tensor(at: index)
            let quantized = Quantized(recoveredFrom: tensor, workers: .one)
            if entry.name.hasPrefix("not-") {
                #expect(quantized == nil, "\(entry.name)")
                continue
            }
            guard let quantized else {
                Issue.record("\(entry.name) was not found")
                continue
            }
            found += 1
            #expect(quantized.granularity == Self.granularity(entry.name), "\(entry.name)")
            #expect(quantized.codes.shape == entry.shape)
            #expect(try Self.decoded(quantized, entry.dtype).hasBytes(of: tensor), "\(entry.name)")
            #expect(Quantized.mayBeRecovered(from: tensor))
            if entry.name.hasPrefix("fake"), case .palettized(let palettized) = quantized.codes {
                #expect(palettized.codeBits == (entry.name.hasPrefix("fake4") ? 4 : 8), "\(entry.name)")
                continue
            }
            guard case .dense(let codes) = quantized.codes else {
                Issue.record("\(entry.name) has no dense codes")
                continue
            }
            guard codes.dtype == .int8 else {
                Issue.record("\(entry.name) has codes of two bytes")
                continue
            }
            let isByte = entry.name.hasPrefix("uint8")
            #expect((quantized.zeroPoints != nil) == isByte, "\(entry.name)")
            if entry.name.hasPrefix("int4") {
                #expect(codes.array(as: Int8.self).allSatisfy { -7...7 ~= $0 })
                #expect(quantized.codeBits == 4, "\(entry.name)")
            }
        }
        #expect(found == 45)
    }

    private static func write(
        _ source: any TensorFile, to path: String, coding: String, recovers: Bool = true,
        workers: Workers = .one
    ) throws -> ArchiveSummary {
        let writer = try ArchiveWriter(path, overwriting: true, source: source, coding: Coding(named: coding))
        for (index, entry) in source.entries.enumerated() {
            let tensor = try source.tensor(at: index)
            let prepared = try writer.prepare(
                .dense(tensor), original: recovers ? entry.dtype : nil, workers: workers)
            try writer.add(prepared, at: index, original: tensor, workers: workers)
        }
        return try writer.finish(workers: workers)
    }

    /// Every dtype and granularity through a file and back, never in more bytes than before.
    @Test(arguments: ["fast", "auto", "max", "zstd", "none"])
    func everyFileComesBack(_ coding: String) throws {
        try withTemporaryFolder { folder in
            let source = try SafetensorsFile(Self.path)
            let (small, plain) = (folder.file("small.safetensors"), folder.file("plain.safetensors"))
            let summary = try Self.write(source, to: small, coding: coding)
            let before = try Self.write(source, to: plain, coding: coding, recovers: false)
            #expect(summary.tensors.allSatisfy { $0.isLossless })
            if coding == "none" {
                #expect(summary.tensors.allSatisfy { $0.encoding == "dense" })
            } else {
                #expect(summary.byteCount < before.byteCount)
                for (stored, before) in zip(summary.tensors, before.tensors) {
                    let isHeld = stored.encoding.hasPrefix("quantized")
                    #expect(!isHeld || !stored.name.hasPrefix("not-"), "\(stored.name)")
                    #expect(
                        isHeld ? stored.byteCount < before.byteCount : stored.byteCount == before.byteCount)
                }
                // Beside four bytes an element whose bits seem random codes and scales always take less.
                for tensor in summary.tensors
                where coding == "fast" && tensor.name.hasSuffix("-float32") && !tensor.name.hasPrefix("not-")
                {
                    #expect(tensor.encoding.hasPrefix("quantized"), "\(tensor.name)")
                }
            }
            let file = try CompressedFile(small, workers: Workers(2))
            try file.verify(workers: Workers(2))
            for index in source.entries.indices {
                #expect(try file.tensor(at: index).hasBytes(of: source.tensor(at: index)))
            }
            let restored = folder.file("restored.safetensors")
            try Decompression.write(file, to: restored)
            #expect(FileManager.default.contentsEqual(atPath: Self.path, andPath: restored))
        }
    }

    @Test(arguments: ["fast", "auto"]) func theBytesDoNotDependOnThreads(_ coding: String) throws {
        try withTemporaryFolder { folder in
            // Runs of more than one piece, and rows of more than one thread.
            var tensors = [("vector", Self.tensor(.float32, [200_000], .tensor))]
            for dtype in Self.dtypes {
                tensors.append(("\(dtype)", Self.tensor(dtype, [600, 257], .channel)))
                tensors.append(("\(dtype) groups", Self.tensor(dtype, [300, 256], .group(64))))
            }
            let source = MemoryFile(tensors: tensors)
            let path = folder.file("threads.safetensors")
            let summary = try Self.write(source, to: path, coding: coding)
            #expect(summary.tensors.allSatisfy { $0.encoding.hasPrefix("quantized") && $0.isLossless })
            let expected = try Data(contentsOf: URL(fileURLWithPath: path))
            for threads in [2, 5] {
                _ = try Self.write(source, to: path, coding: coding, workers: Workers(threads))
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
            }
        }
    }

    /// Random codes of up to ±`largest` times random scales, as the format decodes them.
    private static func tensor(
        _ dtype: DType, _ shape: Shape, _ granularity: Quantized.Granularity, largest: Int = 127,
        magnitude: Float = 0.001, seed: UInt64 = 1
    ) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        let (rows, columns, length) = granularity.slicing(of: shape)
        var values: [Float] = []
        for _ in 0..<rows {
            for start in stride(from: 0, to: columns, by: length) {
                let scale = magnitude * Float.random(in: 0.5..<2, using: &generator)
                let codes = (0..<min(length, columns - start)).map { index in
                    index == 0 ? largest : Int.random(in: -largest...largest, using: &generator)
                }
                values += codes.map { Float($0) * scale }
            }
        }
        let wide = Tensor(.float32, shape, values)
        return (try? wide.float32(roundedTo: dtype)) ?? wide
    }

    /// Scales of any magnitude, codes of 2 to 9 bits: what is found gives every bit back; in float32 all are found,
    /// in the same or smaller codes.
    @Test(arguments: dtypes, granularities)
    func randomCodesAreFound(_ dtype: DType, _ granularity: Quantized.Granularity) throws {
        for (seed, largest) in [1, 2, 7, 8, 15, 100, 127, 128, 200, 255].enumerated() {
            for magnitude: Float in [1e-20, 1e-7, 1e-4, 1, 100, 1e20] {
                let tensor = Self.tensor(
                    dtype, [7, 300], granularity, largest: largest, magnitude: magnitude, seed: UInt64(seed))
                let found = Quantized(recoveredFrom: tensor, workers: .one)
                if let found { #expect(try Self.decoded(found, dtype).hasBytes(of: tensor)) }
                guard dtype == .float32 else { continue }
                guard let found, case .dense(let codes) = found.codes else {
                    Issue.record("\(largest) × \(magnitude) in \(granularity) was not found")
                    continue
                }
                #expect(found.granularity == granularity)
                #expect(largest > 127 || codes.array(as: Int8.self).allSatisfy { abs(Int($0)) <= largest })
            }
        }
    }

    /// Codes on both sides of zero by more than a byte are of two bytes; common divisors go into the scale.
    @Test func codesAreAsSmallAsTheyCanBe() throws {
        func codes(_ values: [Float]) -> (dtype: DType, codes: [Int])? {
            let tensor = Tensor(.float32, [values.count], values)
            guard case .dense(let codes) = Quantized(recoveredFrom: tensor, workers: .one)?.codes else {
                return nil
            }
            return (
                codes.dtype,
                codes.dtype == .int8
                    ? codes.array(as: Int8.self).map(Int.init) : codes.array(as: Int16.self).map(Int.init)
            )
        }
        let wide = (0..<511).map { Float($0 - 255) * 0.37 }
        #expect(codes(wide)?.dtype == .int16)
        #expect(codes(wide)?.codes == Array(-255...255))
        let even = (0..<101).map { Float(2 * $0 - 100) * 0.37 }
        #expect(codes(even)?.codes == Array(-50...50))
        #expect(codes(even)?.dtype == .int8)
        #expect(codes([Float](repeating: -3, count: 100))?.codes == [Int](repeating: -1, count: 100))
        #expect(codes([Float](repeating: 0, count: 100))?.codes == [Int](repeating: 0, count: 100))
        #expect(codes([Float](repeating: -0.0, count: 100)) == nil)
        #expect(codes((0..<300).map { Float($0) * 0.37 }) == nil)
    }

    /// Beyond 128 scales apart bfloat16 has as few numbers as there are codes, so products are rounded by more than half of
    /// a scale, and two codes may give the same number: such rows are found all the same, in bytes.
    @Test func bytesWithZeroPointsAreFoundInFewBits() throws {
        let (rows, columns) = (400, 384)
        var generator = SeededGenerator(seed: 5)
        var values: [Float] = []
        for _ in 0..<rows {
            let row = (0..<columns).map { _ in 0.05 * Float(generator.normal()) + 0.1 }
            let (low, high) = (row.min() ?? 0, row.max() ?? 0)
            let scale = (high - low) / 255
            let zero = (-low / scale).rounded()
            values += row.map { (min(255, max(0, ($0 / scale).rounded() + zero)) - zero) * scale }
        }
        let tensor = try Tensor(.float32, [rows, columns], values).float32(roundedTo: .bfloat16)
        let found = try #require(Quantized(recoveredFrom: tensor, workers: .one))
        #expect(found.granularity == .channel)
        #expect(try Self.decoded(found, .bfloat16).hasBytes(of: tensor))
        guard case .dense(let codes) = found.codes else {
            Issue.record("no dense codes")
            return
        }
        #expect(codes.dtype == .int8)
    }

    /// Ordinary weights are told apart by samples, whatever their shape.
    @Test(arguments: dtypes) func ordinaryWeightsAreLeftAlone(_ dtype: DType) throws {
        for (seed, shape) in ([[64, 64], [3, 1000], [4096], [1, 64], [64, 1], [20, 3, 3, 3]] as [Shape])
            .enumerated()
        {
            var generator = SeededGenerator(seed: UInt64(seed))
            let values = (0..<shape.elementCount).map { _ in generator.normal() }
            let tensor = try Tensor(.float32, shape, values).float32(roundedTo: dtype)
            // In a column of one every element is a multiple of itself, which saves nothing.
            if shape.axes.last != 1 { #expect(!Quantized.mayBeRecovered(from: tensor), "\(shape)") }
            let coding = try Coding(named: "fast")
            let prepared = try PreparedTensor(.dense(tensor), original: dtype, coding: coding, workers: .one)
            #expect(prepared.recoveredGranularity == nil)
        }
        #expect(!Quantized.mayBeRecovered(from: Tensor(.int32, [100], [Int32](repeating: 1, count: 100))))
    }

    /// A tensor that a pass has made another dtype of is rounded twice on its way back: its codes are not looked for.
    @Test func castsAreLeftAlone() throws {
        let tensor = Self.tensor(.float16, [64, 64], .channel)
        let coding = try Coding(named: "fast")
        func granularity(_ original: DType?) throws -> Quantized.Granularity? {
            try PreparedTensor(.dense(tensor), original: original, coding: coding, workers: .one)
                .recoveredGranularity
        }
        #expect(try granularity(.float16) == .channel)
        #expect(try granularity(.float32) == nil)
        #expect(try granularity(nil) == nil)
    }

    /// Mapped tensors that are coded on their way into the file are looked at as well, and equal ones are stored once.
    @Test func streamsGiveWay() throws {
        try withTemporaryFolder { folder in
            let shape: Shape = [3000, 400]
            var generator = SeededGenerator(seed: 3)
            let noise = Tensor(.float32, shape, (0..<shape.elementCount).map { _ in generator.normal() })
            let codes = Self.tensor(.float32, shape, .channel)
            let tensors = [codes, codes, noise]
            let entries = ["a", "b", "noise"].map { TensorEntry(name: $0, dtype: .float32, shape: shape) }
            let (plain, small) = (folder.file("plain.safetensors"), folder.file("small.safetensors"))
            try SafetensorsWriter.write(TensorSource(entries) { tensors[$0] }, to: plain)
            let source = try SafetensorsFile(plain)
            let writer = try ArchiveWriter(
                small, overwriting: false, source: source, coding: try Coding(named: "fast"))
            for (index, entry) in source.entries.enumerated() {
                let original = try source.tensor(at: index)
                let isStreamed = try writer.stream(original, at: index, workers: Workers(2))
                #expect(isStreamed == (entry.name == "noise"), "\(entry.name)")
                if isStreamed { continue }
                let prepared = try writer.prepare(
                    .dense(original), original: .float32, workers: Workers(2))
                try writer.add(prepared, at: index, original: original)
            }
            let summary = try writer.finish()
            #expect(
                Dictionary(uniqueKeysWithValues: summary.tensors.map { ($0.name, $0.encoding) })
                    == ["a": "quantized>coded", "b": "same as a", "noise": "dense>coded"])
            let restored = folder.file("restored.safetensors")
            try Decompression.write(CompressedFile(small, workers: Workers(2)), to: restored)
            #expect(FileManager.default.contentsEqual(atPath: plain, andPath: restored))
        }
    }
}
