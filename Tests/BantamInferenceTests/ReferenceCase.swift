import BantamEncodings
import BantamInference
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// One network of `Fixtures/cases.json` with the outputs that JAX computed for it.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let yaml: String
    let weights: [String: Tensor]
    let inputs: Tensor
    let outputs: Tensor

    var testDescription: String { name }

    /// The case's network on its weights.
    func model(_ execution: Model.Execution = .dense) throws -> Model {
        try Network(yaml: yaml, file: name).bound(
            to: { weights[$0].map(Encoding.dense) }, execution: execution)
    }

    static let all: [ReferenceCase] = {
        do { return try load() } catch { fatalError("fixtures: \(error)") }
    }()

    static func named(_ name: String) -> ReferenceCase { all.first { $0.name == name }! }

    private struct Stored: Decodable {
        struct Array: Decodable {
            let dtype: String
            let shape: [Int]
            let offset: Int
        }
        let name: String
        let yaml: String
        let weights: [String: Array]
        let inputs: Array
        let outputs: Array
    }

    private static func load() throws -> [ReferenceCase] {
        let folder = fixtures()
        let blob = try MappedFile(folder.appendingPathComponent("cases.bin").path)
        func tensor(_ array: Stored.Array) -> Tensor {
            let (dtype, shape) = (DType(rawValue: array.dtype)!, Shape(array.shape))
            let range = array.offset..<array.offset + Tensor.byteCount(dtype, shape)!
            return Tensor(dtype, shape, Storage(blob, range, alignment: 8))
        }
        let json = try Data(contentsOf: folder.appendingPathComponent("cases.json"))
        return try JSONDecoder().decode([Stored].self, from: json).map {
            ReferenceCase(
                name: $0.name, yaml: $0.yaml, weights: $0.weights.mapValues(tensor),
                inputs: tensor($0.inputs),
                outputs: tensor($0.outputs))
        }
    }
}

/// The largest distance between two tensors over the largest magnitude of the second (at least 1).
func distance(_ found: Tensor, from expected: Tensor) -> Float {
    let (a, b) = (found.array(as: Float.self), expected.array(as: Float.self))
    let scale = b.reduce(1) { max($0, $1.magnitude) }
    return zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } / scale
}

/// Random normal elements.
func normal(_ shape: Shape, seed: UInt64, scale: Float = 1) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(.float32, shape, (0..<shape.elementCount).map { _ in generator.normal() * scale })
}
