import BantamInference
import BantamTensors
import BantamTestSupport

/// Two linear layers of which it is known what an error in each costs.
///
/// Their matrices are orthogonal ones times a and c, and the samples are the columns of the identity. Whatever the error δ
/// of the first is, the outputs are off by c·Q·δ, so their squared error is c²·‖δ‖²; for the second one it is a²·‖δ‖².
struct OrthogonalLayers {
    static let size = 48
    let weights: MemoryFile
    let data: MemoryFile
    let network: Network

    /// - Parameter extra: tensors that the network does not read.
    init(first a: Float, second c: Float, extra: [(name: String, tensor: Tensor)] = []) throws {
        let size = OrthogonalLayers.size
        weights = MemoryFile(
            path: "weights",
            tensors: [
                ("first", OrthogonalLayers.matrix(times: a, seed: 1)),
                ("second", OrthogonalLayers.matrix(times: c, seed: 2)),
            ] + extra)
        var identity = [Float](repeating: 0, count: size * size)
        for index in 0..<size { identity[index * size + index] = 1 }
        data = MemoryFile(path: "data", tensors: [("inputs", Tensor(.float32, [size, size], identity))])
        network = try Network(
            yaml: "input: [\(size)]\nlayers:\n  - linear: {weight: first}\n  - linear: {weight: second}\n",
            file: "network")
    }

    /// A product of reflections, I − 2·v·vᵀ/‖v‖², times a factor.
    static func matrix(times factor: Float, seed: UInt64) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        var rows = (0..<size).map { row in (0..<size).map { $0 == row ? 1.0 : 0 } }
        for _ in 0..<size {
            let normal = (0..<size).map { _ in Double(generator.normal()) }
            let square = normal.reduce(0) { $0 + $1 * $1 }
            for row in rows.indices {
                let product = zip(rows[row], normal).reduce(0) { $0 + $1.0 * $1.1 }
                for column in rows[row].indices {
                    rows[row][column] -= 2 * product * normal[column] / square
                }
            }
        }
        return Tensor(.float32, [size, size], rows.flatMap { $0 }.map { Float($0) * factor })
    }
}
