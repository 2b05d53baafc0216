import BantamTensors
import CBantamKernels
import Glibc

/// The functions applied to each element: `relu`, `leaky_relu`, `gelu`, `silu`, `tanh`, `sigmoid`.
struct Activation: Layer {
    enum Kind { case relu, leakyReLU, gelu, silu, tanh, sigmoid }

    private let function: @Sendable (UnsafeMutableBufferPointer<Float>) -> Void

    init(_ kind: Kind, _ options: LayerOptions) throws {
        switch kind {
        case .relu:
            _ = try options.allowing([])
            function = { Activation.map($0) { $0 < 0 ? 0 : $0 } }
        case .leakyReLU:
            let slope = Float(
                try options.allowing(["slope"]).number("slope", default: 0.01, in: -1e6...1e6))
            function = { Activation.map($0) { $0 < 0 ? $0 * slope : $0 } }
        case .gelu:
            let approximation = try options.allowing(["approximate"]).choice("approximate", ["none", "tanh"])
            function = approximation == "tanh" ? Activation.geluTanh : Activation.gelu
        case .silu:
            _ = try options.allowing([])
            function = { bantam_silu($0.baseAddress, $0.count) }
        case .tanh:
            _ = try options.allowing([])
            function = { bantam_tanh($0.baseAddress, $0.count) }
        case .sigmoid:
            _ = try options.allowing([])
            function = { bantam_sigmoid($0.baseAddress, $0.count) }
        }
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        Operation(inPlace: input, function)
    }

    /// x · Φ(x). Source: D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units", 2016.
    @Sendable private static func gelu(_ values: UnsafeMutableBufferPointer<Float>) {
        map(values) { 0.5 * $0 * (1 + erff($0 * 0.707_106_77)) }
    }

    /// The approximation of the same paper: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
    @Sendable private static func geluTanh(_ values: UnsafeMutableBufferPointer<Float>) {
        bantam_gelu_tanh(values.baseAddress, values.count)
    }

    @inline(__always)
    private static func map(_ values: UnsafeMutableBufferPointer<Float>, _ function: (Float) -> Float) {
        for index in values.indices { values[index] = function(values[index]) }
    }
}
