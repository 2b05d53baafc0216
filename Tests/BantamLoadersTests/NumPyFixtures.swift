import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamLoaders

/// What `Fixtures/numpy/make_fixtures.py` wrote.
enum NumPyFixtures {
    static var folder: URL { fixtures().appendingPathComponent("numpy") }

    /// A dtype and shape with its elements, and npy files of it.
    struct Case: Decodable, CustomTestStringConvertible {
        struct File: Decodable {
            var version: Int
            var fortran: Bool
            var order: String
            var bytes: Data
        }
        var dtype: String
        var shape: [Int]
        /// Little-endian and C-ordered.
        var elements: Data
        /// What `numpy.save` makes of them.
        var saved: Data
        var files: [File]
        var testDescription: String { "\(dtype) \(shape)" }
    }

    static func cases() throws -> [Case] {
        try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: folder.appendingPathComponent("npy_cases.json")))
    }

    /// A tensor of the npz files.
    struct Array: Decodable {
        var name: String
        var dtype: String
        var shape: [Int]
        var elements: Data
    }

    static func arrays() throws -> [Array] {
        try JSONDecoder().decode(
            [Array].self, from: Data(contentsOf: folder.appendingPathComponent("npz/expected.json")))
    }

    static let archives = [
        "savez", "savez_compressed", "streamed_stored", "streamed_stored_zip64", "streamed_deflated",
        "streamed_deflated_zip64", "zip64_stored", "zip64_deflated",
    ]
}

extension Tensor {
    /// A tensor of untyped bytes.
    init(_ dtype: DType, _ shape: Shape, data: Data) {
        self.init(dtype, shape, Storage(byteCount: data.count) { $0.copyBytes(from: data) })
    }

    var data: Data { withExtendedLifetime(storage) { Data(storage.bytes) } }
}

extension TensorSource {
    /// Tensors that are there already.
    init(_ tensors: [(name: String, tensor: Tensor)]) {
        self.init(
            tensors.map { TensorEntry(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape) }
        ) { tensors[$0].tensor }
    }
}

/// What reading all of a file's tensors comes to: nothing, or an error. Anything else than a
/// `BantamError` of one line is a fault.
func readAll(_ path: String) throws -> BantamError? {
    do {
        let file = try TensorFiles.open(path)
        for index in file.entries.indices { _ = try file.tensor(at: index) }
        return nil
    } catch let error as BantamError {
        precondition(!error.description.contains("\n") && error.kind != .internal, error.description)
        return error
    }
}
