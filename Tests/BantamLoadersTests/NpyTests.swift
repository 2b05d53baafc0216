import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

@Suite("npy")
struct NpyTests {
    @Test(
        "reads every dtype, order, byte order and version as NumPy means it",
        arguments: try NumPyFixtures.cases())
    func reads(_ fixture: NumPyFixtures.Case) throws {
        try withTemporaryFolder { folder in
            let url = folder.appendingPathComponent("some.weight.npy")
            for file in fixture.files {
                try file.bytes.write(to: url)
                let opened = try TensorFiles.open(url.path)
                #expect(opened.format == "npy")
                #expect(opened.fileByteCount == file.bytes.count)
                let dtype = try #require(DType(rawValue: fixture.dtype))
                #expect(
                    opened.entries
                        == [TensorEntry(name: "some.weight", dtype: dtype, shape: Shape(fixture.shape))])
                let tensor = try opened.tensor(at: 0)
                #expect(tensor.dtype == dtype && tensor.shape.axes == fixture.shape)
                #expect(tensor.data == fixture.elements, "\(file.version) \(file.fortran) \(file.order)")
            }
        }
    }

    @Test("writes the bytes of numpy.save", arguments: try NumPyFixtures.cases())
    func writes(_ fixture: NumPyFixtures.Case) throws {
        try withTemporaryFolder { folder in
            let dtype = try #require(DType(rawValue: fixture.dtype))
            let tensor = Tensor(dtype, Shape(fixture.shape), data: fixture.elements)
            let url = folder.appendingPathComponent("x.npy")
            try TensorFiles.write(TensorSource([("x", tensor)]), to: url.path)
            #expect(try Data(contentsOf: url) == fixture.saved)
        }
    }

    @Test("a header too long for version 1.0 is read and written as 2.0")
    func longHeader() throws {
        let url = NumPyFixtures.folder.appendingPathComponent("long_header.npy")
        let file = try NpyFile(url.path)
        #expect(file.entries[0].shape.rank == 30000)
        #expect(try file.tensor(at: 0).array(as: UInt8.self) == [7])
        try withTemporaryFolder { folder in
            let copy = folder.appendingPathComponent("x.npy")
            try TensorFiles.write(TensorSource(file), to: copy.path)
            #expect(try Data(contentsOf: copy) == Data(contentsOf: url))
        }
    }

    @Test(
        "the dictionary may be written in any way that means the same",
        arguments: [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
            "{\"shape\": (2L, 3L,), \"descr\": \"<f4\", \"fortran_order\": False}",
            "{ 'shape':(2,3) ,'fortran_order':\tFalse,'descr' : '=f4' , }",
            "{'descr': 'f4',\n 'fortran_order': False, 'shape': (2, 3), }",
            "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3), }",
        ])
    func spellings(_ text: String) throws {
        let header = try parse(text)
        #expect(header.elements == ElementOrder(dtype: .float32, shape: [2, 3]))
        #expect(header.dataByteCount == 24)
    }

    @Test("little-endian C-ordered data is mapped, data out of alignment copied")
    func mapping() throws {
        try withTemporaryFolder { folder in
            for (name, text, aligned) in [
                ("a", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }  ", true),
                ("f", "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3, 1), }", true),
                ("m", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), } ", false),
            ] {
                let url = folder.appendingPathComponent(name + ".npy")
                var bytes = header(text)
                #expect((bytes.count % 4 == 0) == aligned)
                for value in [Float(1), 2, 3] { bytes.append(littleEndian: value.bitPattern) }
                try Data(bytes).write(to: url)
                let file = try NpyFile(url.path)
                let first = try file.tensor(at: 0)
                let second = try file.tensor(at: 0)
                #expect(first.array(as: Float.self) == [1, 2, 3])
                #expect((first.storage.bytes.baseAddress == second.storage.bytes.baseAddress) == aligned)
            }
        }
    }

    @Test("dtypes that NumPy lacks are refused by name before anything is written")
    func otherDTypes() throws {
        try withTemporaryFolder { folder in
            for dtype in [DType.bfloat16, .float8E4M3, .float4] {
                let tensor = Tensor(dtype, [4], data: Data(count: dtype.bitWidth / 2))
                for name in ["x.npy", "x.npz"] {
                    let path = folder.appendingPathComponent(name).path
                    let error = bantamError { try TensorFiles.write(TensorSource([("t", tensor)]), to: path) }
                    #expect(error?.kind == .compatibility)
                    #expect(error?.tensor == "t")
                    #expect(error?.message.contains(dtype.rawValue) == true)
                    #expect(error?.message.contains(".safetensors") == true)
                    #expect(!FileManager.default.fileExists(atPath: path))
                }
            }
        }
    }

    @Test("an npy file takes exactly one tensor")
    func oneTensor() throws {
        let tensor = Tensor(.uint8, [1], [UInt8(1)])
        for tensors in [[], [("a", tensor), ("b", tensor)]] {
            let error = bantamError { try TensorFiles.write(TensorSource(tensors), to: "nowhere/x.npy") }
            #expect(error?.kind == .invalidArgument)
        }
    }

    private func header(_ text: String) -> [UInt8] {
        let text = Array(text.utf8) + [UInt8(ascii: "\n")]
        return NpyHeader.magic + [1, 0, UInt8(text.count), 0] + text
    }

    private func parse(_ text: String) throws -> NpyHeader {
        try header(text).withUnsafeBytes { try NpyHeader(parsing: $0) }
    }
}
