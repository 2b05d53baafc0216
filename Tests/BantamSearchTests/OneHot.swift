import BantamInference
import BantamTensors

/// A network of which it is known what every step costs.
///
/// Sample i is one-hot, so its outputs are column i of the weights: 0 and a margin. The label is 1. A margin that is rounded
/// to zero leaves two equal outputs, of which the first wins, and the sample is lost: the loss of a step is the share of
/// margins under the dead zone.
struct OneHot {
    let weights: MemoryFile
    let data: MemoryFile
    let network: Network

    init(margins: [Float]) throws {
        let count = margins.count
        let zeros = [Float](repeating: 0, count: count)
        weights = MemoryFile(
            path: "weights", tensors: [("w", Tensor(.float32, [2, count], zeros + margins))])
        var inputs = [UInt8](repeating: 0, count: count * count)
        for index in 0..<count { inputs[index * count + index] = 1 }
        data = MemoryFile(
            path: "data",
            tensors: [
                ("inputs", Tensor(.uint8, [count, count], inputs)),
                ("labels", Tensor(.uint8, [count], [UInt8](repeating: 1, count: count))),
            ])
        network = try Network(
            yaml: "input: [\(count)]\nlayers:\n  - linear: {weight: w}\ntask: classification\n",
            file: "network")
    }
}
