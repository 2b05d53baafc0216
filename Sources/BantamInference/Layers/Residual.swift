import BantamTensors

/// `residual: [layers…]`: y = x + f(x), where f keeps the shape.
///
/// Source: K. He et al., "Deep Residual Learning for Image Recognition", 2016.
struct Residual: Layer {
    private let place: LayerPlace
    private let layers: [any Layer]

    init(_ options: LayerOptions) throws {
        place = options.place
        layers = try options.layers()
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        let operations = try layers.bound(to: input, weights)
        let output = operations.last?.output ?? input
        guard output == input else {
            throw place.error("expected layers that keep the shape \(input), found \(output)")
        }
        let inner = operations.map(\.peak).reduce(input.elementCount, max)
        return Operation(output: input, peak: input.elementCount + inner) { x, workspace in
            let copy = workspace.take(x.values.count)
            _ = copy.update(fromContentsOf: x.values)
            var result = Activations(values: copy, samples: x.samples)
            for operation in operations { result = try operation.run(result, workspace) }
            for index in x.values.indices { result.values[index] += x.values[index] }
            workspace.give(x.values)
            return result
        }
    }
}
