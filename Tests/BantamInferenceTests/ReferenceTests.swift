import BantamInference
import BantamTensors
import Testing

/// Every layer beside JAX in float64: the largest error is at most 2⁻²⁰ ≈ 9.5e-7 of the largest output (or
/// of 1), eight times what rounding a float32 once may cost.
@Suite struct ReferenceTests {
    @Test(arguments: ReferenceCase.all) func outputsAgreeWithJAX(reference: ReferenceCase) throws {
        let outputs = try reference.model().run(inputs: reference.inputs)
        #expect(outputs.dtype == .float32)
        #expect(outputs.shape == reference.outputs.shape)
        #expect(distance(outputs, from: reference.outputs) <= 0x1p-20)
    }

    @Test(arguments: ReferenceCase.all) func batchesDoNotMatter(reference: ReferenceCase) throws {
        let model = try reference.model()
        for batch in [1, 2, 1000] {
            let outputs = try model.run(inputs: reference.inputs, batch: batch)
            #expect(distance(outputs, from: reference.outputs) <= 0x1p-20)
        }
    }

    @Test func thereIsACaseForEveryLayer() {
        let text = ReferenceCase.all.map(\.yaml).joined()
        for name in [
            "linear", "conv2d", "max_pool2d", "avg_pool2d", "global_avg_pool2d", "batch_norm", "layer_norm",
            "embedding", "flatten", "relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid", "softmax",
            "mean_pool", "residual",
        ] {
            #expect(text.contains("- \(name)"))
        }
    }
}
