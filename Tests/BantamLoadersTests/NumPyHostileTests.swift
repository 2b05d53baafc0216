import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

/// Files that break one rule each, by `Hostile/make_numpy_files.py`, and every way to damage a good one.
@Suite("Hostile npy, npz and manifest files")
struct NumPyHostileTests {
    static var folder: URL { fixtures().deletingLastPathComponent().appendingPathComponent("Hostile") }

    static func expected(_ format: String) throws -> [(file: String, kind: String, message: String)] {
        let lines = try JSONDecoder().decode(
            [String: [String]].self,
            from: Data(contentsOf: folder.appendingPathComponent("\(format)/expected")))
        return lines.sorted { $0.key < $1.key }.map { ($0.key, $0.value[0], $0.value[1]) }
    }

    @Test("each is refused for what is wrong with it", arguments: ["npy", "npz", "manifest"])
    func refused(_ format: String) throws {
        let lines = try Self.expected(format)
        #expect(lines.count > 30)
        for (name, kind, message) in lines {
            let path = Self.folder.appendingPathComponent("\(format)/\(name)").path
            let error = try readAll(path)
            #expect(error.map { "\($0.kind)" } == kind, "\(name): \(error?.description ?? "no error")")
            #expect(
                error?.description.contains(message) == true, "\(name): \(error?.description ?? "no error")")
            #expect(error?.file != nil, "\(name)")
        }
    }

    /// Small files of each format whose every byte can be tried.
    static func small() throws -> [(name: String, bytes: Data)] {
        let npy = try NumPyFixtures.cases().filter {
            [[3, 4], []].contains($0.shape) && $0.dtype == "float32"
        }
        var files = npy.flatMap { fixture in
            fixture.files.filter { $0.order == ">" }.map { ("x.npy", $0.bytes) }
        }
        let tensors = [("a", Tensor(.float32, [2], [Float(1), 2])), ("b", Tensor(.uint8, [], [UInt8(3)]))]
        try withTemporaryFolder { folder in
            for limit in [0, Int(UInt32.max)] {
                let path = folder.appendingPathComponent("x.npz").path
                try NpzFile.write(
                    TensorSource(tensors), to: path, options: .init(overwriting: true),
                    layout: ZipLayout(zip64Limit: limit))
                files.append(("x.npz", try Data(contentsOf: URL(fileURLWithPath: path))))
            }
        }
        let archives = NumPyFixtures.folder.appendingPathComponent("npz")
        files.append(
            ("x.npz", try Data(contentsOf: archives.appendingPathComponent("streamed_deflated_zip64.npz"))))
        return files
    }

    @Test("a file cut off anywhere is refused")
    func truncated() throws {
        try withTemporaryFolder { folder in
            for (name, bytes) in try Self.small() {
                let url = folder.appendingPathComponent(name)
                for count in 0..<bytes.count {
                    try bytes.prefix(count).write(to: url)
                    #expect(try readAll(url.path) != nil, "\(name) of \(bytes.count) cut to \(count)")
                }
            }
        }
    }

    @Test("a manifest cut off anywhere or with any byte changed is read or refused, never a trap")
    func manifests() throws {
        try withTemporaryFolder { folder in
            try Data(count: 24).write(to: folder.appendingPathComponent("data.bin"))
            let url = folder.appendingPathComponent("x.json")
            let bytes = Data(
                #"{"tensors": [{"name": "a", "file": "data.bin", "dtype": "int8", "shape": [2, 3], "offset": 5}]}"#
                    .utf8)
            try bytes.write(to: url)
            #expect(try readAll(url.path) == nil)
            for position in bytes.indices {
                try bytes.prefix(position).write(to: url)
                #expect(try readAll(url.path) != nil)
                for byte in UInt8(32)...127 {
                    var mutated = bytes
                    mutated[position] = byte
                    try mutated.write(to: url)
                    _ = try readAll(url.path)
                }
            }
        }
    }

    @Test("a file with any byte changed is read or refused, never a trap")
    func mutated() throws {
        try withTemporaryFolder { folder in
            for (name, bytes) in try Self.small() {
                let url = folder.appendingPathComponent(name)
                var refused = 0
                for position in bytes.indices {
                    for change in (bytes.count > 1000 ? [0x41] : [0x01, 0x80, 0xff]) as [UInt8] {
                        var mutated = bytes
                        mutated[position] ^= change
                        try mutated.write(to: url)
                        if try readAll(url.path) != nil { refused += 1 }
                    }
                }
                #expect(refused > bytes.count / 2, "\(name)")
            }
        }
    }
}
