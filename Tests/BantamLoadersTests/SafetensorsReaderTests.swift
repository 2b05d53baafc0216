import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@Suite("safetensors, read")
struct SafetensorsReaderTests {
    static let folder = fixtures().appendingPathComponent("safetensors")

    func open(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(Self.folder.appendingPathComponent(name + ".safetensors").path)
    }

    /// What `make_fixtures.py` fills array `number` with.
    func pattern(_ count: Int, _ number: Int) -> [UInt8] {
        (0..<count).map { UInt8((7 * $0 + number) % 251) }
    }

    func bytes(_ file: some TensorFile, _ name: String) throws -> [UInt8] {
        let index = try #require(file.entries.firstIndex { $0.name == name })
        return Array(try file.tensor(at: index).storage.bytes)
    }

    @Test("every dtype that the reference writes")
    func dtypes() throws {
        let file = try open("all_dtypes")
        let expected: [(String, DType)] = [
            ("bool", .bool), ("int8", .int8), ("uint8", .uint8), ("int16", .int16), ("uint16", .uint16),
            ("int32", .int32), ("uint32", .uint32), ("int64", .int64), ("uint64", .uint64),
            ("float16", .float16),
            ("bfloat16", .bfloat16), ("float32", .float32), ("float64", .float64), ("complex64", .complex64),
            ("float8_e4m3fn", .float8E4M3), ("float8_e4m3fnuz", .float8E4M3FNUZ),
            ("float8_e5m2", .float8E5M2),
            ("float8_e5m2fnuz", .float8E5M2FNUZ), ("float8_e8m0fnu", .float8E8M0),
        ]
        #expect(file.entries.count == expected.count)
        for (number, (name, dtype)) in expected.enumerated() {
            let entry = try #require(file.entries.first { $0.name == "t." + name })
            #expect(entry.dtype == dtype && entry.shape == [3, 5])
            #expect(try bytes(file, entry.name) == pattern(15 * dtype.bitWidth / 8, number))
        }
        #expect(file.format == "safetensors" && file.metadata.isEmpty && file.header.metadata == nil)
    }

    @Test("packed 4-bit floats and their scales")
    func float4() throws {
        let file = try open("float4")
        #expect(file.entries.map(\.dtype) == [.float8E8M0, .float4])
        #expect(file.entries.map(\.shape) == [[2], [2, 16]])
        #expect(try bytes(file, "blocks") == pattern(16, 0))
    }

    @Test("scalars, empty tensors, many axes, metadata")
    func shapes() throws {
        let file = try open("shapes")
        let shapes = Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.shape) })
        #expect(
            shapes == [
                "scalar": [], "empty": [0], "empty.wide": [3, 0, 1 << 40], "vector": [7],
                "deep": [1, 2, 1, 3, 1, 2],
            ])
        #expect(try bytes(file, "scalar") == pattern(4, 0))
        #expect(try bytes(file, "empty").isEmpty && bytes(file, "empty.wide").isEmpty)
        #expect(try bytes(file, "vector") == pattern(14, 3))
        #expect(file.metadata.map(\.key) == ["format"] && file.metadata.map(\.value) == ["pt"])
        #expect(try open("nothing").entries.isEmpty)
    }

    @Test("names and text with everything that JSON escapes")
    func names() throws {
        let file = try open("names")
        let names = [
            "", " ", "a\"b\\c/d", "tab\there", "line\nbreak", "\u{1}\u{1f}\u{7f}", "\u{fc}ml\u{e4}ut",
            "\u{6f22}\u{5b57}",
            "\u{1f600}", "a.b.c", "B", "Z", "a", "\u{fb01}",
        ]
        for (number, name) in names.enumerated() { #expect(try bytes(file, name) == pattern(2, number)) }
        #expect(file.metadata.map(\.key) == ["k\u{e9}y\n"])
        #expect(file.metadata.map(\.value) == ["v\u{e4}lue \"quoted\" \\ \u{1f600}"])
    }

    @Test("values mean what ml_dtypes and NumPy say")
    func values() throws {
        let file = try open("values")
        let json = try JSON(
            parsing: String(contentsOf: Self.folder.appendingPathComponent("values.json"), encoding: .utf8))
        for index in file.entries.indices {
            let expected = try #require(json[file.entries[index].name])
            let values = try file.tensor(at: index).float32().array(as: Float.self)
            #expect(
                try values.map(Double.init)
                    == #require(expected.arrayValue).map { try #require($0.doubleValue) })
        }
    }

    @Test("an unaligned data section is read all the same")
    func unaligned() throws {
        try withTemporaryFolder { folder in
            for padding in 0..<8 {
                let header =
                    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
                    + String(repeating: " ", count: padding)
                let content = littleEndian(header.utf8.count) + Array(header.utf8) + pattern(8, 3)
                let path = folder.appendingPathComponent("\(padding).safetensors").path
                try Data(content).write(to: URL(fileURLWithPath: path))
                let file = try SafetensorsFile(path)
                let tensor = try file.tensor(at: 0)
                #expect(Array(tensor.storage.bytes) == pattern(8, 3))
                #expect(Int(bitPattern: tensor.storage.bytes.baseAddress) % 4 == 0)
                #expect(
                    file.dataStart == 8 + header.utf8.count && Array(file.headerBytes) == Array(header.utf8))
            }
        }
    }

    @Test("aligned tensors are not copied")
    func inPlace() throws {
        let file = try open("shapes")
        let index = try #require(file.entries.firstIndex { $0.name == "vector" })
        let tensor = try file.tensor(at: index)
        let start = try #require(file.file.bytes.baseAddress)
        #expect(tensor.storage.bytes.baseAddress == start + file.dataStart + 4)
    }

    @Test("a file cut off at any length, or with bytes after it, is refused")
    func cutOff() throws {
        let whole = try Data(contentsOf: Self.folder.appendingPathComponent("shapes.safetensors"))
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("cut.safetensors")
            for length in 0..<whole.count {
                try whole.prefix(length).write(to: url)
                let error = try #require(bantamError { _ = try SafetensorsFile(url.path) })
                #expect(error.kind == .insufficientData && error.file == url.path)
            }
            try (whole + [0]).write(to: url)
            #expect(bantamError { _ = try SafetensorsFile(url.path) }?.kind == .corruption)
        }
    }

    @Test("any changed byte before the data is refused or leaves a file that can be read")
    func mutations() throws {
        let whole = Array(try Data(contentsOf: Self.folder.appendingPathComponent("shapes.safetensors")))
        let dataStart = try open("shapes").dataStart
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("mutated.safetensors")
            var refused = 0
            for position in 0..<dataStart {
                for change: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                    var mutated = whole
                    mutated[position] ^= change
                    try Data(mutated).write(to: url)
                    let error = bantamError {
                        let file = try SafetensorsFile(url.path)
                        for index in file.entries.indices {
                            _ = try file.tensor(at: index).storage.bytes.reduce(0) { $0 &+ Int($1) }
                        }
                    }
                    if let error {
                        refused += 1
                        #expect([.corruption, .insufficientData, .compatibility].contains(error.kind))
                    }
                }
            }
            #expect(refused > dataStart * 9 / 2)
        }
    }
}

/// Eight bytes, the lowest first.
func littleEndian(_ number: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
