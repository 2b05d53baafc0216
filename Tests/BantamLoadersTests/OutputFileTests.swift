import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

/// Names and contents of a folder, hidden names included.
private func listing(_ folder: URL) throws -> [String: String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try Dictionary(
        uniqueKeysWithValues: names.map {
            ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
        })
}

@Suite("Outputs")
struct OutputFileTests {
    @Test("appears only when committed", arguments: [true, false])
    func appears(unnamed: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            let output = try OutputFile(path, overwriting: false, unnamed: unnamed)
            try output.write("begin ")
            #expect(!FileManager.default.fileExists(atPath: path))
            let place = try output.reserve(4)
            try output.write(" end")
            try Array("then".utf8).withUnsafeBytes { try output.write($0, at: place) }
            #expect(output.byteCount == 14)
            try output.commit()
            #expect(try listing(folder) == ["out": "begin then end"])
        }
    }

    @Test("leaves nothing when it is given up", arguments: [true, false], [true, false])
    func givenUp(unnamed: Bool, existing: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            if existing { try "old".write(toFile: path, atomically: false, encoding: .utf8) }
            do {
                let output = try OutputFile(path, overwriting: true, unnamed: unnamed)
                try output.write("new")
                #expect(try listing(folder).count == (existing ? 1 : 0) + (unnamed ? 0 : 1))
            }
            #expect(try listing(folder) == (existing ? ["out": "old"] : [:]))
        }
    }

    @Test("an existing file is refused, or replaced at the end", arguments: [true, false])
    func existing(unnamed: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            try OutputFile.write("old", to: path, overwriting: false)
            let error = try #require(
                bantamError { try OutputFile.write("new", to: path, overwriting: false) })
            #expect(error.kind == .cannotCreate && error.file == path && error.message == "already exists")
            let output = try OutputFile(path, overwriting: true, unnamed: unnamed)
            try output.write("new")
            #expect(try listing(folder)["out"] == "old")
            try output.commit()
            #expect(try listing(folder) == ["out": "new"])
        }
    }

    @Test("a file that somebody else made meanwhile is kept", arguments: [true, false])
    func race(unnamed: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            do {
                let output = try OutputFile(path, overwriting: false, unnamed: unnamed)
                try output.write("mine")
                try "theirs".write(toFile: path, atomically: false, encoding: .utf8)
                #expect(bantamError { try output.commit() }?.kind == .cannotCreate)
            }
            #expect(try listing(folder) == ["out": "theirs"])
        }
    }

    @Test("what cannot be created says so")
    func cannotCreate() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("file").path
            try OutputFile.write("x", to: file, overwriting: false)
            for path in [
                folder.appendingPathComponent("missing/out").path, file + "/out", "", folder.path + "/",
                folder.path,
                folder.appendingPathComponent(String(repeating: "n", count: 256)).path, "/proc/bantam-out",
                "/dev/null",
                "nul\0byte",
            ] {
                let error = bantamError { try OutputFile.write("x", to: path, overwriting: true) }
                #expect(error?.kind == .cannotCreate && error?.file == path, "\(path)")
            }
            #expect(try listing(folder) == ["file": "x"])
        }
    }

    @Test("a failed write is an I/O error with the path", arguments: [true, false])
    func failedWrite(unnamed: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            do {
                let output = try OutputFile(path, overwriting: false, unnamed: unnamed)
                // Beyond what any file system holds.
                let error = bantamError { try [1].withUnsafeBytes { try output.write($0, at: .max - 8) } }
                #expect(error?.kind == .io && error?.file == path)
                #expect(bantamError { _ = try output.reserve(-1) }?.kind == .invalidArgument)
            }
            #expect(try listing(folder).isEmpty)
        }
    }

    @Test("a link stays a link, and what it leads to is replaced")
    func link() throws {
        try withTemporaryFolder { folder in
            let inner = folder.appendingPathComponent("inner")
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: false)
            let target = inner.appendingPathComponent("target").path
            let link = folder.appendingPathComponent("link").path
            try OutputFile.write("old", to: target, overwriting: false)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            try OutputFile.write("new", to: link, overwriting: true)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
            #expect(try listing(inner) == ["target": "new"])
        }
    }

    @Test("a spool keeps what several threads put in, and has no name")
    func spool() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            let spool = try SpoolFile(beside: path)
            // Longer than a piece of copying, not a multiple of a page.
            let lengths = [3, 0, 70_000, 17 << 20, 1, 4096, 5]
            let ranges = try Workers(4).map(lengths.count) { index in
                try [UInt8](repeating: UInt8(index + 1), count: lengths[index]).withUnsafeBytes {
                    try spool.append($0)
                }
            }
            #expect(ranges.map(\.count) == lengths && spool.byteCount == lengths.reduce(0, +))
            #expect(try listing(folder).isEmpty)
            let output = try OutputFile(path, overwriting: false)
            for range in ranges.reversed() { try spool.copy(range, to: output) }
            try output.commit()
            let expected = lengths.indices.reversed().reduce(into: Data()) {
                $0.append(Data(repeating: UInt8($1 + 1), count: lengths[$1]))
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
        }
    }

    @Test("a folder appears whole, and replaces only what consists of its kind")
    func outputFolder() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out").path
            func write(_ text: String, overwriting: Bool) throws {
                let output = try OutputFolder(path + "/", overwriting: overwriting) { $0.hasSuffix(".part") }
                for name in ["a.part", "b.part"] {
                    let file = try output.file(name)
                    #expect(file.path == path + "/" + name)
                    try Array((name + text).utf8).withUnsafeBytes { try file.write($0, at: 0) }
                }
                if text == "given up" { return }
                try output.commit()
            }
            let out = URL(fileURLWithPath: path)
            try write("given up", overwriting: false)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            try write("1", overwriting: false)
            #expect(try listing(out) == ["a.part": "a.part1", "b.part": "b.part1"])
            #expect(bantamError { try write("2", overwriting: false) }?.message == "already exists")
            try write("2", overwriting: true)
            #expect(try listing(out) == ["a.part": "a.part2", "b.part": "b.part2"])
            try "mine".write(toFile: path + "/notes", atomically: false, encoding: .utf8)
            let error = bantamError { try write("3", overwriting: true) }
            #expect(error?.kind == .cannotCreate && error?.message.contains("'notes'") == true)
            #expect(try listing(out).count == 3)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out"])
        }
    }
}
