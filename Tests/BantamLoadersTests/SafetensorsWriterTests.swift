import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

@Suite("safetensors, write")
struct SafetensorsWriterTests {
    static let folder = fixtures().appendingPathComponent("safetensors")
    static let names = ["all_dtypes", "float4", "shapes", "names", "nothing", "values"]

    func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test("writes the reference's files byte for byte, from any order", arguments: names, [1, 4])
    func sameAsReference(_ name: String, threads: Int) throws {
        let original = Self.folder.appendingPathComponent(name + ".safetensors").path
        let file = try SafetensorsFile(original)
        let order = file.entries.indices.sorted { file.entries[$0].name < file.entries[$1].name }
        let source = TensorSource(order.map { file.entries[$0] }, metadata: file.metadata) {
            try file.tensor(at: order[$0])
        }
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("copy.safetensors").path
            try TensorFiles.write(source, to: path, options: TensorWriteOptions(workers: Workers(threads)))
            #expect(try bytes(path) == bytes(original))
        }
    }

    @Test("restores a file with any header byte for byte")
    func exactHeader() throws {
        // Blanks inside, keys in another order, data in another order than the header, odd padding.
        let header = """
            {"b" : {"shape":[2], "data_offsets":[4, 8], "dtype":"I16"},
             "__metadata__": {}, "a":{"data_offsets":[0,4],"dtype":"F32","shape":[]}}
            """ + "   "
        let content = Data(littleEndian(header.utf8.count) + Array(header.utf8) + [1, 2, 3, 4, 5, 6, 7, 8])
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("odd.safetensors").path
            try content.write(to: URL(fileURLWithPath: path))
            let file = try SafetensorsFile(path)
            #expect(file.entries.map(\.name) == ["b", "a"] && file.header.metadata?.isEmpty == true)
            let copy = folder.appendingPathComponent("copy.safetensors").path
            try SafetensorsWriter.write(
                headerBytes: Array(file.headerBytes), dataByteCount: file.header.dataByteCount, to: copy
            ) { name in try file.tensor(at: file.entries.firstIndex { $0.name == name }!) }
            #expect(try bytes(copy) == content)

            let other = folder.appendingPathComponent("other.safetensors").path
            let error = bantamError {
                try SafetensorsWriter.write(
                    headerBytes: Array(file.headerBytes), dataByteCount: 8, to: other
                ) { _ in Tensor(.int16, [2], [1, 2] as [Int16]) }
            }
            #expect(error?.kind == .internal && error?.tensor == "a")
            #expect(!FileManager.default.fileExists(atPath: other))
        }
    }

    @Test("every dtype of the format keeps its bytes, in both orders")
    func everyDType() throws {
        let dtypes = DType.allCases.filter { $0 != .complex128 }
        let tensors = dtypes.map { dtype in
            let count = 24 * dtype.bitWidth / 8
            return Tensor(
                dtype, [2, 12],
                Storage(byteCount: count) {
                    for i in 0..<count { $0[i] = UInt8(truncatingIfNeeded: i &* 37) }
                })
        }
        let entries = tensors.map { TensorEntry(name: $0.dtype.rawValue, dtype: $0.dtype, shape: $0.shape) }
        try withTemporaryFolder { folder in
            for order in [SafetensorsHeader.Order.reference, .given] {
                let path = folder.appendingPathComponent("\(order).safetensors").path
                try SafetensorsWriter.write(TensorSource(entries) { tensors[$0] }, to: path, order: order)
                let file = try SafetensorsFile(path)
                #expect(file.entries.count == dtypes.count && file.dataStart % 8 == 0)
                if order == .given { #expect(file.entries == entries) }
                for (index, entry) in file.entries.enumerated() {
                    let expected = try #require(tensors.first { $0.dtype == entry.dtype })
                    #expect(try Array(file.tensor(at: index).storage.bytes) == Array(expected.storage.bytes))
                    let place = file.header.items[index].range.lowerBound
                    if order == .reference { #expect(place % entry.dtype.alignment == 0) }
                }
            }
        }
    }

    @Test("what cannot be written is refused before anything is there")
    func refused() throws {
        func entry(_ name: String, _ dtype: DType = .uint8, _ shape: Shape = [1]) -> TensorEntry {
            TensorEntry(name: name, dtype: dtype, shape: shape)
        }
        let cases: [(TensorSource, BantamError.Kind, String)] = [
            (TensorSource([entry("a"), entry("a")]) { _ in fatalError() }, .invalidArgument, "occurs twice"),
            (TensorSource([entry("__metadata__")]) { _ in fatalError() }, .invalidArgument, "reserved"),
            (TensorSource([entry("a", .complex128)]) { _ in fatalError() }, .compatibility, "complex128"),
            (TensorSource([entry("a", .float4, [3])]) { _ in fatalError() }, .invalidArgument, "whole bytes"),
            (
                TensorSource(
                    [entry("a", .uint8, [1 << 55]), entry("b", .float64, [1 << 55])]
                        + (0..<40).map { entry("c\($0)", .float64, [1 << 55]) }
                ) { _ in fatalError() },
                .invalidArgument, "too many bytes"
            ),
            (
                TensorSource([], metadata: [("k", "1"), ("k", "2")]) { _ in fatalError() }, .invalidArgument,
                "'k' occurs twice"
            ),
            (
                TensorSource([entry("a")]) { _ in Tensor(.int8, [1], [1] as [Int8]) }, .internal,
                "was given int8"
            ),
            (
                TensorSource([entry("a")]) { _ in throw BantamError(.corruption, "no luck") }, .corruption,
                "no luck"
            ),
        ]
        try withTemporaryFolder { folder in
            for (source, kind, says) in cases {
                for name in ["out.safetensors", "out/"] {
                    let path = folder.path + "/" + name
                    let error = try #require(bantamError { try TensorFiles.write(source, to: path) })
                    #expect(error.kind == kind && error.message.contains(says), "\(error)")
                    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
                }
            }
            let error = bantamError {
                try TensorFiles.write(TensorSource([]) { _ in fatalError() }, to: "out.xyz")
            }
            #expect(error?.kind == .invalidArgument && error?.message.contains(".safetensors") == true)
        }
    }
}
