import BantamInference
import BantamLoaders
import BantamTensors
import Synchronization

/// A network and some samples, and what the original weights make of them.
struct NetworkBench: Sendable {
    let network: Network
    /// What the original weights make of the samples.
    let outputs: Tensor
    /// The tensors that the network reads, by position in the file.
    let used: Set<Int>
    private let inputs: Tensor

    /// Runs the original weights on the samples.
    ///
    /// - Throws: ``BantamError`` if network, weights and inputs do not fit together.
    init(_ network: Network, source: any TensorFile, inputs: Tensor, workers: Workers) throws {
        self.network = network
        self.inputs = inputs
        let used = Mutex(Set<Int>())
        let model = try NetworkBench.model(network, source, workers) { index in
            used.withLock { _ = $0.insert(index) }
        }
        outputs = try model.run(inputs: inputs, workers: workers)
        self.used = used.withLock { $0 }
    }

    /// What the network makes of the samples with the weights of `file`.
    func outputs(of file: any TensorFile, workers: Workers) throws -> Tensor {
        try NetworkBench.model(network, file, workers) { _ in }.run(inputs: inputs, workers: workers)
    }

    /// The squared distance of the outputs with the weights of `file` to the original ones, over all samples.
    ///
    /// Of a classification a shift of a whole row is not counted: it changes neither predictions nor probabilities.
    func squaredError(of file: any TensorFile, workers: Workers) throws -> Double {
        try outputs(of: file, workers: workers).squaredDistance(
            to: outputs, ignoringShifts: network.task == .classification)
    }

    /// The network with the weights of `file`; `reading` is called with the position of each tensor that it reads.
    static func model(
        _ network: Network, _ file: any TensorFile, _ workers: Workers, reading: (Int) -> Void
    ) throws -> Model {
        let positions = Dictionary(file.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        return try locating(file: file.path) {
            try network.bound(
                to: { name in
                    guard let index = positions[name] else { return nil }
                    reading(index)
                    return .dense(try file.tensor(at: index))
                }, workers: workers)
        }
    }
}
