import BantamEncodings
import BantamInference
import BantamTensors
import BantamTestSupport
import Testing

/// What is wrong between a network and its weights is found when they meet, and named.
@Suite struct BindingTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let input: String
        let layer: String
        let tensors: [String: Shape]
        let tensor: String?
        let message: String

        var testDescription: String { "\(input) \(layer): \(message)" }

        init(
            _ input: String, _ layer: String, _ tensors: [String: Shape] = [:], tensor: String? = nil,
            saying message: String
        ) {
            self.input = input
            self.layer = layer
            self.tensors = tensors
            self.tensor = tensor
            self.message = message
        }
    }

    static let faults = [
        Fault(
            "[7]", "linear: {weight: w}", tensor: "w",
            saying: "expected this tensor among the weights, found none"),
        Fault(
            "[7]", "linear: {weight: w}", ["w": [3, 6]], tensor: "w",
            saying: "expected out×7 for inputs of 7, found 3×6"),
        Fault(
            "[7]", "linear: {weight: w}", ["w": [7]], tensor: "w",
            saying: "expected out×7 for inputs of 7, found 7"),
        Fault(
            "[7]", "linear: {weight: w}", ["w": [0, 7]],
            saying: "expected an output of 1 to 268435456 elements a sample, found 0"),
        Fault(
            "[7]", "linear: {weight: w, bias: b}", ["w": [3, 7], "b": [7]], tensor: "b",
            saying: "expected 3, found 7"),
        Fault(
            "[7]", "linear: {weight: w, bias: b}", ["w": [3, 7]], tensor: "b",
            saying: "expected this tensor among the weights, found none"),
        Fault(
            "[7]", "conv2d: {weight: w}", ["w": [1, 7, 1, 1]],
            saying: "expected channels×height×width a sample, found 7"),
        Fault(
            "[3, 5, 5]", "conv2d: {weight: w, groups: 2}", ["w": [2, 1, 1, 1]],
            saying: "expected channels divisible by 2 groups, found 3"),
        Fault(
            "[4, 5, 5]", "conv2d: {weight: w, groups: 2}", ["w": [3, 2, 1, 1]], tensor: "w",
            saying: "expected out×2×kernel×kernel with 2 groups for inputs of 4×5×5, found 3×2×1×1"),
        Fault(
            "[4, 5, 5]", "conv2d: {weight: w}", ["w": [3, 4, 0, 1]], tensor: "w",
            saying: "expected out×4×kernel×kernel with 1 groups for inputs of 4×5×5, found 3×4×0×1"),
        Fault(
            "[4, 5, 5]", "conv2d: {weight: w}", ["w": [3, 4, 6, 1]], tensor: "w",
            saying: "expected a kernel that fits the padded input of 4×5×5, found 6×1"),
        Fault(
            "[1, 5, 5]", "conv2d: {weight: w, padding: 65536}", ["w": [1, 1, 1, 1]],
            saying: "expected an output of 1 to 268435456 elements a sample, found 1×131077×131077"),
        Fault(
            "[1, 9000, 9000]", "conv2d: {weight: w, padding: 3}", ["w": [1, 1, 7, 7]],
            saying: "expected an output of 1 to 268435456 elements a sample, found 49×81000000"),
        Fault("[7]", "max_pool2d: {kernel: 2}", saying: "expected channels×height×width a sample, found 7"),
        Fault(
            "[1, 2, 2]", "avg_pool2d: {kernel: 3}",
            saying: "expected a kernel that fits the padded input of 1×2×2, found 3×3"),
        Fault("[7, 2]", "global_avg_pool2d", saying: "expected channels×height×width a sample, found 7×2"),
        Fault("[7]", "mean_pool", saying: "expected positions×width a sample, found 7"),
        Fault(
            "[7, 2]", "batch_norm: {weight: w, mean: w, variance: w}", ["w": [7]],
            saying: "expected channels or channels×height×width a sample, found 7×2"),
        Fault(
            "[7]", "batch_norm: {weight: w, mean: m, variance: w}", ["w": [7], "m": [6]], tensor: "m",
            saying: "expected 7, found 6"),
        Fault(
            "[7, 2]", "layer_norm: {weight: w}", ["w": [7]], tensor: "w",
            saying: "expected the trailing axes of 7×2, found 7"),
        Fault(
            "[2]", "layer_norm: {weight: w}", ["w": [2, 2]], tensor: "w",
            saying: "expected the trailing axes of 2, found 2×2"),
        Fault(
            "[2]", "layer_norm: {weight: w, bias: b}", ["w": [2], "b": [1, 2]], tensor: "b",
            saying: "expected 2, found 1×2"),
        Fault(
            "[2]", "embedding: {weight: w}", ["w": [0, 2]], tensor: "w",
            saying: "expected ids×width, found 0×2"),
        Fault(
            "[4]", "residual: [linear: {weight: w}]", ["w": [3, 4]],
            saying: "expected layers that keep the shape 4, found 3"),
    ]

    @Test(arguments: faults) func faultsNameLayerAndTensor(fault: Fault) throws {
        let network = try Network(
            yaml: "input: \(fault.input)\nlayers:\n  - \(fault.layer)\n", file: "n.yaml")
        let error = try #require(
            bantamError {
                _ = try network.bound { fault.tensors[$0].map { .dense(normal($0, seed: 1)) } }
            })
        let name = fault.layer.prefix { $0 != ":" }
        #expect(error.kind == .corruption && error.file == "n.yaml")
        #expect(error.tensor == fault.tensor)
        #expect(error.message == "line 3: layer 1 (\(name)): \(fault.message)")
    }

    @Test func classificationEndsInAVector() throws {
        let network = try Network(
            yaml: "input: [2, 3]\nlayers: [softmax]\ntask: classification", file: "n.yaml")
        let error = bantamError { _ = try network.bound { _ in nil } }
        #expect(error?.message == "expected a last layer with one output per class, found outputs of 2×3")
    }

    @Test func errorsOfTheSourceComeThroughWithTheTensor() throws {
        let network = try Network(yaml: "input: [2]\nlayers: [linear: {weight: w}]", file: "n.yaml")
        let error = bantamError {
            _ = try network.bound { _ in throw BantamError(.io, file: "w.npz", "cannot be read") }
        }
        #expect(error?.description == "w.npz: tensor 'w': cannot be read")
        let complex = Tensor(.complex64, [1, 2], [0.0, 0.0] as [Double])
        #expect(bantamError { _ = try network.bound { _ in .dense(complex) } }?.kind == .compatibility)
    }
}
