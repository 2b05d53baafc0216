import BantamTensors

/// `batch_norm` of `[C]` or `[C, H, W]` with stored statistics: y = (x − mean) / √(variance + epsilon) · weight
/// + bias, each `[C]`, folded into one factor and one summand per channel when the network is bound.
///
/// Source: S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
/// Internal Covariate Shift", 2015.
struct BatchNormalization: Layer {
    private let place: LayerPlace
    private let weight: String
    private let bias: String?
    private let mean: String
    private let variance: String
    private let epsilon: Double

    init(_ options: LayerOptions) throws {
        let options = try options.allowing(["weight", "bias", "mean", "variance", "epsilon"])
        place = options.place
        weight = try options.tensor("weight")
        bias = try options.optionalTensor("bias")
        mean = try options.tensor("mean")
        variance = try options.tensor("variance")
        epsilon = try options.number("epsilon", default: 1e-5, in: 0...1)
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        guard input.rank == 1 || input.rank == 3 else {
            throw place.error("expected channels or channels×height×width a sample, found \(input)")
        }
        let channels = input.axes[0]
        let size = input.elementCount / channels
        let weight = try weights.values(weight, of: [channels], place).array(as: Float.self)
        let mean = try weights.values(mean, of: [channels], place).array(as: Float.self)
        let variance = try weights.values(variance, of: [channels], place).array(as: Float.self)
        let bias = try weights.vector(bias, count: channels, place)
        let factors = (0..<channels).map {
            Double(weight[$0]) / (Double(variance[$0]) + epsilon).squareRoot()
        }
        let factor = factors.map { Float($0) }
        let summand = (0..<channels).map { Float(Double(bias?[$0] ?? 0) - Double(mean[$0]) * factors[$0]) }
        return Operation(inPlace: input) { x in
            for block in 0..<x.count / size {
                let (factor, summand) = (factor[block % channels], summand[block % channels])
                for index in block * size..<(block + 1) * size { x[index] = x[index] * factor + summand }
            }
        }
    }
}
