import BantamTensors

/// `linear`: y = x·Wᵀ + b over the last axis. Weight `[out, in]`, bias `[out]`.
struct Linear: Layer {
    private let place: LayerPlace
    private let weight: String
    private let bias: String?

    init(_ options: LayerOptions) throws {
        let options = try options.allowing(["weight", "bias"])
        place = options.place
        weight = try options.tensor("weight")
        bias = try options.optionalTensor("bias")
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        let encoding = try weights.encoding(weight, place)
        let width = input.axes[input.rank - 1]
        guard encoding.shape.rank == 2, encoding.shape.axes[1] == width else {
            throw place.error(
                tensor: weight, "expected out×\(width) for inputs of \(input), found \(encoding.shape)")
        }
        let rows = encoding.shape.axes[0]
        let output = try place.shape(input.axes.dropLast() + [rows])
        let matrix = try weights.matrix(encoding, weight, place)
        let bias = try weights.vector(bias, count: rows, place)
        let vectors = input.elementCount / width
        return Operation(from: input, to: output, extra: matrix.scratch * vectors) {
            x, y, samples, workspace in
            try matrix.multiplyTransposed(x, count: samples * vectors, into: y, workspace)
            guard let bias else { return }
            for first in stride(from: 0, to: y.count, by: rows) {
                for row in 0..<rows { y[first + row] += bias[row] }
            }
        }
    }
}
