import BantamTensors

/// `flatten`: one sample's elements as a vector.
struct Flatten: Layer {
    init(_ options: LayerOptions) throws { _ = try options.allowing([]) }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        Operation(inPlace: [input.elementCount]) { _ in }
    }
}
