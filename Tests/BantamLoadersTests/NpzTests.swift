import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

@Suite("npz")
struct NpzTests {
    @Test(
        "reads what NumPy and zipfile write: stored, deflated, to a pipe, zip64",
        arguments: NumPyFixtures.archives)
    func reads(_ name: String) throws {
        let url = NumPyFixtures.folder.appendingPathComponent("npz/\(name).npz")
        let expected = try NumPyFixtures.arrays()
        let file = try TensorFiles.open(url.path)
        #expect(file.format == "npz")
        #expect(file.entries.map(\.name) == expected.map(\.name))
        for (index, array) in expected.enumerated() {
            #expect(file.entries[index].dtype.rawValue == array.dtype)
            #expect(file.entries[index].shape.axes == array.shape)
            #expect(try file.tensor(at: index).data == array.elements, "\(array.name)")
        }
    }

    @Test("an archive of nothing has no tensors")
    func nothing() throws {
        let url = NumPyFixtures.folder.appendingPathComponent("npz/nothing.npz")
        #expect(try TensorFiles.open(url.path).entries.isEmpty)
    }

    @Test("what is written reads back, mapped in place, and is the same for any number of threads")
    func roundTrip() throws {
        let source = TensorSource(
            try NumPyFixtures.arrays().map {
                ($0.name, Tensor(try #require(DType(rawValue: $0.dtype)), Shape($0.shape), data: $0.elements))
            })
        try withTemporaryFolder { folder in
            var written: Set<Data> = []
            for threads in [1, 2, 4] {
                let path = folder.appendingPathComponent("\(threads).npz").path
                try TensorFiles.write(source, to: path, options: .init(workers: Workers(threads)))
                written.insert(try Data(contentsOf: URL(fileURLWithPath: path)))
                let file = try TensorFiles.open(path)
                #expect(file.entries == source.entries)
                for index in source.entries.indices {
                    let tensor = try file.tensor(at: index)
                    #expect(tensor.data == (try source.tensor(index).data))
                    let again = try file.tensor(at: index)
                    #expect(
                        tensor.storage.bytes.baseAddress == again.storage.bytes.baseAddress, "it is mapped")
                    #expect(Int(bitPattern: tensor.storage.bytes.baseAddress) % 64 == 0)
                }
            }
            #expect(written.count == 1)
        }
    }

    /// Walks an archive by the specification alone, without our reader, and compares every member with the
    /// file numpy.save makes.
    @Test("the archive has the structure the zip specification describes")
    func structure() throws {
        let cases = try NumPyFixtures.cases().filter { !$0.files.isEmpty }
        let tensors = try cases.map {
            Tensor(try #require(DType(rawValue: $0.dtype)), Shape($0.shape), data: $0.elements)
        }
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("x.npz")
            try TensorFiles.write(
                TensorSource(tensors.enumerated().map { ("t\($0)", $1) }), to: url.path)
            let bytes = [UInt8](try Data(contentsOf: url))
            func number(_ at: Int, _ size: Int) -> Int {
                bytes[at..<at + size].reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            let end = bytes.count - 22
            #expect(number(end, 4) == 0x0605_4b50 && number(end + 10, 2) == cases.count)
            var central = number(end + 16, 4)
            #expect(central + number(end + 12, 4) == end)
            var previousEnd = 0
            for (index, fixture) in cases.enumerated() {
                #expect(number(central, 4) == 0x0201_4b50)
                let local = number(central + 42, 4)
                #expect(local == previousEnd && number(local, 4) == 0x0403_4b50)
                // Version needed to length of the name: the same in both headers.
                #expect(bytes[central + 6..<central + 30] == bytes[local + 4..<local + 28])
                #expect(number(local + 8, 2) == 0, "stored")
                #expect(number(local + 10, 4) == 0x0021_0000, "1 January 1980")
                let nameCount = number(local + 26, 2)
                #expect(
                    String(decoding: bytes[local + 30..<local + 30 + nameCount], as: UTF8.self)
                        == "t\(index).npy")
                let start = local + 30 + nameCount + number(local + 28, 2)
                #expect(start % 64 == 0)
                let size = number(local + 18, 4)
                #expect(Data(bytes[start..<start + size]) == fixture.saved)
                previousEnd = start + size
                central += 46 + number(central + 28, 2) + number(central + 30, 2) + number(central + 32, 2)
            }
            #expect(central == end)
        }
    }

    @Test("with 64-bit fields everywhere it reads back the same")
    func zip64() throws {
        let tensors = (0..<5).map { ("t\($0)", Tensor(.float32, [3], [Float($0), 1, 2])) }
        try withTemporaryFolder { folder in
            for limit in [0, 1, 100, 200, 1000] {
                let path = folder.appendingPathComponent("\(limit).npz").path
                try NpzFile.write(
                    TensorSource(tensors), to: path, options: .init(), layout: ZipLayout(zip64Limit: limit))
                let file = try NpzFile(path)
                #expect(file.entries.map(\.name) == tensors.map(\.0))
                for index in tensors.indices {
                    #expect(try file.tensor(at: index).array(as: Float.self) == [Float(index), 1, 2])
                }
            }
        }
    }

    @Test(
        "names that cannot stand in an archive are refused", arguments: ["", "../a", "a/../b", "/a", "a\0b"])
    func names(_ name: String) throws {
        let tensor = Tensor(.uint8, [1], [UInt8(1)])
        let error = bantamError { try TensorFiles.write(TensorSource([(name, tensor)]), to: "nowhere/x.npz") }
        #expect(error?.kind == .compatibility)
    }

    @Test("two tensors of one name are refused")
    func duplicates() throws {
        let tensor = Tensor(.uint8, [1], [UInt8(1)])
        let source = TensorSource([("a", tensor), ("a", tensor)])
        #expect(bantamError { try TensorFiles.write(source, to: "nowhere/x.npz") }?.kind == .invalidArgument)
    }

    @Test("no changed byte of a member's data passes its checksum", arguments: ["savez", "savez_compressed"])
    func checksums(_ name: String) throws {
        let url = NumPyFixtures.folder.appendingPathComponent("npz/\(name).npz")
        let original = try Data(contentsOf: url)
        let directory = try original.withUnsafeBytes { try ZipDirectory(parsing: $0) }
        let expected = try NumPyFixtures.arrays()
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("x.npz").path
            for (index, entry) in directory.entries.enumerated() {
                for position in stride(from: entry.data.lowerBound, to: entry.data.upperBound, by: 3) {
                    var changed = original
                    changed[position] ^= 0x10
                    try changed.write(to: URL(fileURLWithPath: path))
                    let error = bantamError {
                        // A deflate stream can spell the same bytes in two ways; then nothing is lost.
                        let tensor = try NpzFile(path).tensor(at: index)
                        #expect(entry.method == .deflated && tensor.data == expected[index].elements)
                    }
                    #expect(error != nil || entry.method == .deflated)
                }
            }
        }
    }
}
