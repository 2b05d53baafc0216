import BantamArchive
import BantamCoding
import BantamEncodings
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// `bantam.encodings` as another program sees it, read by Foundation: every tensor is described, every array named.
@Suite struct EncodingsTests {
    /// The safetensors header and, out of it, the encodings.
    private func read(_ path: String) throws -> (header: [String: Any], encodings: [String: [String: Any]]) {
        func object(_ data: Data) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = try object(data[8..<8 + length])
        let metadata = try #require(header.removeValue(forKey: "__metadata__") as? [String: String])
        let encodings = try object(Data(try #require(metadata["bantam.encodings"]).utf8))
        return (header, try #require(encodings as? [String: [String: Any]]))
    }

    /// Every string of a node that names an array.
    private func arrays(_ value: Any) -> [String] {
        if let name = value as? String { return [name] }
        let members = value as? [String: Any] ?? [:]
        let others = [
            "dtype", "shape", "checksum", "granularity", "rank", "type", "count", "rows", "rotation",
        ]
        return members.filter { !others.contains($0.key) }
            .flatMap { arrays($0.value) }
    }

    @Test(arguments: ["none", "auto", "zstd"]) func everyArrayIsNamedInFull(_ coding: String) throws {
        try withTemporaryFolder { folder in
            let path = folder.file("all.safetensors")
            let encodings = try Samples.encodings()
            _ = try Samples.write(encodings, to: path, coding: Coding(named: coding))
            let (header, records) = try read(path)
            #expect(Set(records.keys) == Set(encodings.map(\.name)))
            // The samples stand for the same matrix, so some of their coded arrays are one.
            let named = records.values.flatMap { arrays($0) }
            #expect(Set(named) == Set(header.keys))
            #expect(
                Set(named.filter { !$0.hasSuffix(".coded") }).count == named.count { !$0.hasSuffix(".coded") }
            )
            for (name, record) in records {
                #expect(record["dtype"] as? String == "float32")
                #expect(record["shape"] as? [Int] == [12, 20])
                #expect((record["checksum"] as? String)?.count == 16, "\(name)")
                #expect(
                    arrays(record).allSatisfy {
                        $0 == name || $0.hasPrefix(name + ".") || $0.hasSuffix(".coded")
                    })
            }
            #expect(
                records["float16"]?["array"] as? String == (coding == "none" ? "float16" : "float16.coded"))
        }
    }

    /// The only scale of coded codes is a number that gives the same float32; of plain ones an array.
    @Test(arguments: [Float(0.1), 1 / 3, 1e-30, 2, -0.0, 0x1.fffffep127, .leastNonzeroMagnitude, .nan])
    func oneScaleIsANumber(_ scale: Float) throws {
        try withTemporaryFolder { folder in
            let codes = Tensor(.int8, [12, 20], (0..<240).map { Int8($0 * $0 % 7) })
            let encoding = Encoding.quantized(
                Quantized(
                    codes: .dense(codes), scales: Tensor(.float32, [], [scale]), zeroPoints: nil,
                    granularity: .tensor))
            for coding in ["none", "zstd"] {
                let path = folder.file("\(coding).safetensors")
                _ = try Samples.write(
                    [(name: "w", encoding: encoding)], to: path, coding: Coding(named: coding))
                let record = try #require(try read(path).encodings["w"])
                let isNumber = coding == "zstd" && scale.isFinite
                #expect(
                    (record["scales"] as? NSNumber)?.floatValue.bitPattern
                        == (isNumber ? scale.bitPattern : nil))
                #expect((record["granularity"] == nil) == isNumber)
                let found = try CompressedFile(path).tensor(at: 0).array(as: Float.self)
                let expected = (0..<240).map { Float($0 * $0 % 7) * scale }
                #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
            }
        }
    }

    /// The checksum of a tensor held losslessly is that of its original bytes, kept plain or coded.
    @Test func checksumsAreThoseOfTheOriginal() throws {
        try withTemporaryFolder { folder in
            let path = folder.file("all.safetensors")
            let original = Samples.matrix(12, 20)
            let expected = Checksum(of: original).description
            for coding in ["none", "zstd"] {
                let path = path + coding
                let encodings = try Samples.encodings().filter { ["kept", "csr"].contains($0.name) }
                _ = try Samples.write(encodings, to: path, coding: Coding(named: coding))
                #expect(
                    try read(path).encodings.values.map { $0["checksum"] as? String } == [expected, expected])
            }
        }
    }

    /// Source tensors with names that look like parts, or like coded arrays: plain under their own names.
    @Test func aTensorMayBeCalledLikeACodedArray() throws {
        try withTemporaryFolder { folder in
            let bytes = Tensor(.uint8, [300], [UInt8](repeating: 7, count: 300))
            let noise = Tensor(.uint8, [40], (0..<40).map { UInt8(($0 * 37) % 251) })
            let more = Tensor(.uint8, [300], [UInt8](repeating: 8, count: 300))
            let tensors = [
                ("x", bytes), ("x.coded", noise), ("x_1.coded", more), ("bantam.header.coded", noise),
            ]
            let path = folder.file("names.safetensors")
            let source = MemoryFile(tensors: tensors)
            let writer = try ArchiveWriter(
                path, overwriting: false, source: source, coding: Coding(named: "zstd"))
            for (index, (_, tensor)) in tensors.enumerated() {
                try writer.add(writer.prepare(.dense(tensor), workers: .one), at: index, original: tensor)
            }
            _ = try writer.finish()
            let (header, records) = try read(path)
            let names = tensors.map { records[$0.0]?["array"] as? String }
            #expect(names == ["x_2.coded", "x.coded", "x_1.coded.coded", "bantam.header.coded"])
            #expect(header.count == 4)
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            for (index, (_, tensor)) in tensors.enumerated() {
                #expect(try file.tensor(at: index).array(as: UInt8.self) == tensor.array(as: UInt8.self))
            }
        }
    }
}
