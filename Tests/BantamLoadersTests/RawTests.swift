import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

@Suite("Raw files")
struct RawTests {
    @Test("a manifest places tensors in files, at offsets, in either byte order")
    func reads() throws {
        try withTemporaryFolder { folder in
            try Data([9, 9, 1, 2, 3, 4, 5, 6, 7, 8]).write(to: folder.appendingPathComponent("a.bin"))
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("sub"), withIntermediateDirectories: false)
            try Data([1, 0]).write(to: folder.appendingPathComponent("sub/b.bin"))
            let manifest = """
                {"tensors": [
                  {"name": "little", "file": "a.bin", "dtype": "uint16", "shape": [2, 2], "offset": 2},
                  {"name": "big", "file": "a.bin", "dtype": "uint32", "shape": [2], "offset": 2, "byte_order": "big"},
                  {"name": "flag", "file": "sub/b.bin", "dtype": "bool", "shape": []  , "byte_order": "little"},
                  {"name": "none", "file": "a.bin", "dtype": "float64", "shape": [0, 3], "offset": 10}
                ]}
                """
            // The shape [] of one element leaves a byte of b.bin over: gaps are allowed.
            let path = folder.appendingPathComponent("weights.json")
            try Data(manifest.utf8).write(to: path)
            for opened in [path.path, folder.path, folder.path + "/"] {
                let file = try TensorFiles.open(opened)
                #expect(file.format == "raw" && file.path == opened)
                #expect(file.entries.map(\.name) == ["little", "big", "flag", "none"])
                #expect(file.fileByteCount == manifest.utf8.count + 10 + 2)
                #expect(try file.tensor(at: 0).array(as: UInt16.self) == [0x0201, 0x0403, 0x0605, 0x0807])
                #expect(try file.tensor(at: 1).array(as: UInt32.self) == [0x0102_0304, 0x0506_0708])
                #expect(try file.tensor(at: 2).array(as: UInt8.self) == [1])
                #expect(try file.tensor(at: 3).shape.axes == [0, 3])
            }
            try Data("{}".utf8).write(to: folder.appendingPathComponent("other.json"))
            let error = bantamError { _ = try TensorFiles.open(folder.path) }
            #expect(error?.message.contains("other.json, weights.json") == true)
        }
    }

    @Test("a folder reads back, whatever the tensors are called")
    func roundTrip() throws {
        let names = [
            "fc1.weight", "FC1.weight", "a/b", "a_b", "a:b", "..", ".hidden", "größe", "名前",
            String(repeating: "x", count: 300), String(repeating: "x", count: 300) + "y", "manifest.json",
            " ",
        ]
        let dtypes: [DType] = [.float32, .bfloat16, .float8E4M3, .float4, .int64, .bool, .complex128]
        let tensors = names.enumerated().map { index, name in
            let dtype = dtypes[index % dtypes.count]
            return (
                name, Tensor(dtype, [2, 1], data: Data((0..<dtype.bitWidth / 4).map { UInt8($0 + index) }))
            )
        }
        try withTemporaryFolder { folder in
            let output = folder.appendingPathComponent("out")
            let manifest = output.path + "/manifest.json"
            for (threads, overwriting) in [(1, false), (3, true)] {
                try TensorFiles.write(
                    TensorSource(tensors), to: manifest,
                    options: .init(overwriting: overwriting, workers: Workers(threads)))
                let file = try TensorFiles.open(output.path)
                #expect(file.entries == TensorSource(tensors).entries)
                for (index, tensor) in tensors.enumerated() {
                    #expect(try file.tensor(at: index).data == tensor.1.data)
                }
                let found = try FileManager.default.contentsOfDirectory(atPath: output.path)
                #expect(found.count == names.count + 1)
                #expect(found.allSatisfy { $0.utf8.allSatisfy { $0 < 128 } && $0.utf8.count < 256 })
                #expect(Set(found.map { $0.lowercased() }).count == found.count)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out"])
            }
            let refused = bantamError { try TensorFiles.write(TensorSource(tensors), to: manifest) }
            #expect(refused?.kind == .cannotCreate)
        }
    }

    @Test("the manifest is as the documentation says, for other readers")
    func manifest() throws {
        try withTemporaryFolder { folder in
            let manifest = folder.appendingPathComponent("out/manifest.json")
            try TensorFiles.write(
                TensorSource([("fc1.weight", Tensor(.float32, [1, 2], [Float(1), 2]))]), to: manifest.path)
            let document = try JSONSerialization.jsonObject(with: Data(contentsOf: manifest)) as? NSDictionary
            #expect(
                document == [
                    "tensors": [
                        [
                            "name": "fc1.weight", "file": "fc1.weight.bin", "dtype": "float32",
                            "shape": [1, 2], "byte_order": "little",
                        ] as NSDictionary
                    ]
                ])
        }
    }

    @Test("two tensors of one name are refused, and nothing is left")
    func duplicates() throws {
        try withTemporaryFolder { folder in
            let tensor = Tensor(.uint8, [1], [UInt8(1)])
            let path = folder.path + "/out/manifest.json"
            let source = TensorSource([("a", tensor), ("a", tensor)])
            #expect(bantamError { try TensorFiles.write(source, to: path) }?.kind == .invalidArgument)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test("a layout describes a bare file")
    func layout() throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("fc1.weight.bin").path
            try Data([7, 0, 1, 0, 2, 0, 3]).write(to: URL(fileURLWithPath: path))
            let layout = try RawLayout(parsing: "dtype=uint16,shape=3x1,offset=1,byte_order=big")
            let file = try TensorFiles.open(path, raw: layout)
            #expect(file.entries == [TensorEntry(name: "fc1.weight", dtype: .uint16, shape: [3, 1])])
            #expect(try file.tensor(at: 0).array(as: UInt16.self) == [1, 2, 3])
            let named = try RawLayout(parsing: "shape=7,name=x,dtype=int8")
            #expect(try TensorFiles.open(path, raw: named).entries[0].name == "x")

            let short = bantamError { _ = try TensorFiles.open(path, raw: .init(dtype: .int8, shape: [8])) }
            #expect(short?.kind == .insufficientData)
            #expect(short?.message == "expected 8 bytes (int8 8) from byte 0 on, found 7")
            let long = bantamError { _ = try TensorFiles.open(path, raw: .init(dtype: .int8, shape: [6])) }
            #expect(long?.kind == .corruption)
            let bare = bantamError { _ = try TensorFiles.open(path) }
            #expect(bare?.kind == .compatibility && bare?.message.contains("--raw") == true)
        }
    }

    @Test("a layout in words is read to the letter")
    func layoutText() throws {
        #expect(
            try RawLayout(parsing: "dtype=float32,shape=300x64")
                == RawLayout(dtype: .float32, shape: [300, 64]))
        #expect(
            try RawLayout(parsing: "name=a=b,offset=128,byte_order=little,shape=scalar,dtype=bool")
                == RawLayout(name: "a=b", dtype: .bool, shape: [], offset: 128))
    }

    @Test(
        "a layout at fault is refused",
        arguments: [
            "", "dtype", "dtype=float32", "shape=3", "dtype=float31,shape=3", "dtype=float32,shape=",
            "dtype=float32,shape=3x", "dtype=float32,shape=-3", "dtype=float32,shape=+3",
            "dtype=float32,shape=3.0", "dtype=float32,shape=99999999999999999999",
            "dtype=float32,shape=4294967296x4294967296", "dtype=float4,shape=3",
            "dtype=float32,shape=3,offset=-1", "dtype=float32,shape=3,offset=", "dtype=float32,shape=3,",
            "dtype=float32,shape=3,shape=3", "dtype=float32,shape=3,byte_order=middle",
            "dtype=float32,shape=3,order=big", "dtype=float32, shape=3",
        ])
    func layoutFaults(_ text: String) {
        #expect(bantamError { _ = try RawLayout(parsing: text) }?.kind == .invalidArgument)
    }
}
