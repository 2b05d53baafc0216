import BantamTensors

/// `embedding`, as the first layer: ids of any shape to rows of the weight `[ids, width]`.
struct Embedding: Sendable {
    private let place: LayerPlace
    private let weight: String

    init(_ options: LayerOptions) throws {
        let options = try options.allowing(["weight"])
        place = options.place
        weight = try options.tensor("weight")
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> InputReader {
        let encoding = try weights.encoding(weight, place)
        guard encoding.shape.rank == 2, encoding.shape.elementCount > 0 else {
            throw place.error(tensor: weight, "expected ids×width, found \(encoding.shape)")
        }
        let (count, width) = (encoding.shape.axes[0], encoding.shape.axes[1])
        let output = try place.shape(input.axes + [width])
        let table = try weights.decoded(encoding, weight, place)
        let title = place.title
        return InputReader(output: output) { dtype in
            guard dtype.isInteger else {
                throw BantamError(
                    .compatibility, tensor: "inputs",
                    "expected integer ids for \(title), found \(dtype.rawValue)")
            }
        } read: { inputs, samples, workspace in
            let ids = inputs.samples(samples).integers()
            let result = workspace.take(ids.count * width)
            try table.withElements(as: Float.self) { table in
                for (index, id) in ids.enumerated() {
                    guard let id, (0..<count).contains(id) else {
                        let sample = samples.lowerBound + index / input.elementCount
                        throw BantamError(
                            .corruption, tensor: "inputs",
                            "sample \(sample): expected ids from 0 to \(count - 1) for \(title), found "
                                + (id.map(String.init) ?? "a larger one"))
                    }
                    (result.baseAddress! + index * width)
                        .update(from: table.baseAddress! + id * width, count: width)
                }
            }
            return Activations(values: result, samples: samples.count)
        }
    }
}
