import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

@Suite("safetensors, shards")
struct SafetensorsShardsTests {
    static let fixture = fixtures().appendingPathComponent("safetensors/all_dtypes.safetensors").path

    /// Calls `body` with a folder of shards that holds the fixture.
    func withShards(maximum: Int = 400, _ body: (URL) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let shards = folder.appendingPathComponent("model")
            var source = TensorSource(try SafetensorsFile(Self.fixture))
            source.metadata = [("format", "pt")]
            try TensorFiles.write(
                source, to: shards.path + "/", options: TensorWriteOptions(maximumShardByteCount: maximum))
            try body(shards)
        }
    }

    @Test("what is written in shards of any size is read back", arguments: [1, 119, 120, 400, 1 << 40])
    func roundTrip(maximum: Int) throws {
        let original = try SafetensorsFile(Self.fixture)
        try withShards(maximum: maximum) { folder in
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(names.last == SafetensorsIndex.usualName)
            if maximum > 1 << 20 { #expect(names.first == "model-00001-of-00001.safetensors") }
            for path in [folder.path, folder.path + "/", folder.path + "/" + SafetensorsIndex.usualName] {
                let file = try TensorFiles.open(path)
                #expect(file.format == "safetensors shards" && file.path == path)
                #expect(file.entries == original.entries)
                #expect(file.metadata.map(\.key) == ["format"])
                let onDisk = try names.reduce(0) {
                    try $0 + Data(contentsOf: folder.appendingPathComponent($1)).count
                }
                #expect(file.fileByteCount == onDisk)
                for index in file.entries.indices {
                    #expect(
                        try Array(file.tensor(at: index).storage.bytes)
                            == Array(original.tensor(at: index).storage.bytes))
                }
            }
            for shard in try #require(try TensorFiles.open(folder.path) as? SafetensorsShards).shards {
                #expect(shard.header.dataByteCount <= max(maximum, 120))
            }
        }
    }

    @Test("a shard or an index that is missing is a missing input")
    func missing() throws {
        try withShards { folder in
            let shard = folder.appendingPathComponent("model-00001-of-00003.safetensors")
            try FileManager.default.removeItem(at: shard)
            let error = bantamError { _ = try TensorFiles.open(folder.path) }
            #expect(error?.kind == .missingInput && error?.file == shard.path)
            try FileManager.default.removeItem(at: folder.appendingPathComponent(SafetensorsIndex.usualName))
            #expect(bantamError { _ = try TensorFiles.open(folder.path) }?.kind == .missingInput)
            #expect(bantamError { _ = try TensorFiles.open(folder.path + "/nothing") }?.kind == .missingInput)
        }
    }

    @Test("a folder with one safetensors file and no index is that file")
    func single() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.copyItem(
                atPath: Self.fixture, toPath: folder.path + "/weights.safetensors")
            #expect(try TensorFiles.open(folder.path).format == "safetensors")
        }
    }

    /// A change to the index, and what the error then says.
    struct Lie: Sendable {
        var find: String
        var replace: String
        var kind = BantamError.Kind.corruption
        var says: String
    }

    static let lies = [
        Lie(find: "{\"metadata\"", replace: "[\"metadata\"", says: "invalid JSON"),
        Lie(find: "weight_map", replace: "weightmap", says: "object 'weight_map'"),
        Lie(find: "\"t.uint64\":", replace: "\"t.int64\":", says: "'t.int64' occurs twice"),
        Lie(find: "\"t.uint64\":", replace: "\"t.other\":", says: "not found there"),
        Lie(
            find: "\"t.uint64\":\"model-00001-of-00003.safetensors\",", replace: "", says: "not in the index"),
        Lie(
            find: "\"t.uint64\":\"model-00001", replace: "\"t.uint64\":\"model-00002",
            says: "expected in the shard model-00002-of-00003.safetensors"),
        Lie(
            find: "\"model-00001-of-00003", replace: "\"../model/model-00001-of-00003",
            says: "in the same folder"),
        Lie(
            find: "\"model-00001-of-00003.safetensors\"", replace: "\"/etc/passwd\"",
            says: "in the same folder"),
        Lie(find: "\"model-00001-of-00003.safetensors\"", replace: "\"\"", says: "in the same folder"),
        Lie(
            find: "\"model-00001-of-00003.safetensors\"", replace: "\"x\\u0000.safetensors\"",
            says: "in the same folder"),
        Lie(
            find: "\"model-00001-of-00003.safetensors\"", replace: "7",
            says: "name of a shard, found an integer"),
        Lie(find: "\"total_size\":", replace: "\"total_size\":1", says: "total_size of"),
        Lie(find: "\"total_size\":", replace: "\"total_size\":null,\"x\":", says: "total_size"),
        Lie(find: "\"total_size\":", replace: "\"total_size\":0.5,\"x\":", says: "total_size"),
        Lie(find: "\"total_size\":", replace: "\"total_size\":1e300,\"x\":", says: "total_size"),
    ]

    @Test("an index that lies is refused", arguments: lies)
    func lyingIndex(_ lie: Lie) throws {
        try withShards { folder in
            let index = folder.appendingPathComponent(SafetensorsIndex.usualName)
            let text = try String(contentsOf: index, encoding: .utf8)
            let changed = try #require(text.range(of: lie.find)).lowerBound
            let rest = text[changed...].dropFirst(lie.find.count)
            try (text[..<changed] + lie.replace + rest).write(to: index, atomically: false, encoding: .utf8)
            let error = try #require(bantamError { _ = try TensorFiles.open(folder.path) })
            #expect(error.kind == lie.kind && error.message.contains(lie.says), "\(error)")
            #expect(error.file?.hasPrefix(folder.path) == true)
        }
    }

    @Test("total_size may be missing or written as floating point")
    func totalSize() throws {
        try withShards { folder in
            let index = folder.appendingPathComponent(SafetensorsIndex.usualName)
            let text = try String(contentsOf: index, encoding: .utf8)
            for metadata in [
                "", "\"metadata\":{},", "\"metadata\":{\"total_size\":9e2},",
                "\"metadata\":{\"total_size\":886.875},",
            ] {
                let start = try #require(text.range(of: "\"weight_map\"")).lowerBound
                try ("{" + metadata + text[start...]).write(to: index, atomically: false, encoding: .utf8)
                #expect(throws: Never.self) { try TensorFiles.open(folder.path) }
            }
        }
    }

    @Test("a tensor in two shards is refused")
    func twice() throws {
        try withTemporaryFolder { folder in
            let fixture = URL(fileURLWithPath: Self.fixture)
            for name in ["a", "b"] {
                try FileManager.default.copyItem(
                    at: fixture, to: folder.appendingPathComponent(name + ".safetensors"))
            }
            try #"{"weight_map":{"t.int8":"a.safetensors","t.uint8":"b.safetensors"}}"#.write(
                to: folder.appendingPathComponent(SafetensorsIndex.usualName), atomically: false,
                encoding: .utf8)
            #expect(
                bantamError { _ = try TensorFiles.open(folder.path) }?.message
                    == "also stands in another shard")
        }
    }
}

@Suite("Recognising formats")
struct TensorFilesTests {
    @Test("content decides, then the name")
    func recognition() throws {
        let fixture = try Data(contentsOf: URL(fileURLWithPath: SafetensorsShardsTests.fixture))
        try withTemporaryFolder { folder in
            func open(_ content: Data, as name: String) throws -> String {
                let url = folder.appendingPathComponent(name)
                try content.write(to: url)
                return try TensorFiles.open(url.path).format
            }
            for name in ["model", "model.bin", "model.npz"] {
                let format = try open(fixture, as: name)
                #expect(format == "safetensors")
            }
            #expect(bantamError { _ = try open(Data("hello".utf8), as: "model.txt") }?.kind == .compatibility)
            #expect(bantamError { _ = try open(Data(), as: "empty") }?.kind == .compatibility)
            #expect(
                bantamError { _ = try open(Data("hello".utf8), as: "x.safetensors") }?.kind
                    == .insufficientData)
            #expect(bantamError { _ = try TensorFiles.open("/dev/null") }?.kind == .io)
            #expect(bantamError { _ = try TensorFiles.open(folder.path + "/none") }?.kind == .missingInput)
        }
    }
}
