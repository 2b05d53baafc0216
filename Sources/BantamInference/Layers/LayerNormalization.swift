import BantamTensors

/// `layer_norm` over the trailing axes that the weight's shape covers: y = (x − mean) / √(variance + epsilon)
/// · weight + bias, mean and (biased) variance over those axes.
///
/// Source: J. Ba, J. Kiros and G. Hinton, "Layer Normalization", 2016.
struct LayerNormalization: Layer {
    private let place: LayerPlace
    private let weight: String
    private let bias: String?
    private let epsilon: Double

    init(_ options: LayerOptions) throws {
        let options = try options.allowing(["weight", "bias", "epsilon"])
        place = options.place
        weight = try options.tensor("weight")
        bias = try options.optionalTensor("bias")
        epsilon = try options.number("epsilon", default: 1e-5, in: 0...1)
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        let shape = try weights.encoding(weight, place).shape
        guard shape.rank >= 1, Array(input.axes.suffix(shape.rank)) == shape.axes else {
            throw place.error(tensor: weight, "expected the trailing axes of \(input), found \(shape)")
        }
        let weight = try weights.values(weight, of: shape, place).array(as: Float.self)
        let bias = try bias.map { try weights.values($0, of: shape, place).array(as: Float.self) }
        let size = shape.elementCount
        let epsilon = epsilon
        return Operation(inPlace: input) { x in
            for first in stride(from: 0, to: x.count, by: size) {
                let row = UnsafeMutableBufferPointer(rebasing: x[first..<first + size])
                let mean = row.reduce(0.0) { $0 + Double($1) } / Double(size)
                let squares = row.reduce(0.0) { sum, value in
                    let distance = Double(value) - mean
                    return sum + distance * distance
                }
                let center = Float(mean)
                let factor = Float(1 / (squares / Double(size) + epsilon).squareRoot())
                for index in 0..<size { row[index] = (row[index] - center) * factor * weight[index] }
                guard let bias else { continue }
                for index in 0..<size { row[index] += bias[index] }
            }
        }
    }
}
