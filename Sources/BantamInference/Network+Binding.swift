import BantamEncodings
import BantamTensors

extension Network {
    /// The network with its weights: each name is looked up once, and every shape is checked.
    ///
    /// - Parameters:
    ///   - weights: the encoding of a tensor by its name, `nil` if there is none.
    ///   - execution: whether encoded weights are decoded now or used as they are.
    /// - Throws: ``BantamError`` of kind `corruption` that names layer, tensor, the expected and the found shape;
    ///   whatever `weights` throws.
    public func bound(
        to weights: (String) throws -> Encoding?, execution: Model.Execution = .dense,
        workers: Workers = Workers()
    ) throws -> Model {
        try withoutActuallyEscaping(weights) { lookup in
            let source = WeightSource(lookup: lookup, execution: execution, workers: workers)
            let reader = try embedding?.bound(to: inputShape, source) ?? .values(of: inputShape)
            let operations = try layers.bound(to: reader.output, source)
            let output = operations.last?.output ?? reader.output
            if task == .classification, output.rank != 1 {
                throw BantamError(
                    .corruption, file: file,
                    "expected a last layer with one output per class, found outputs of \(output)")
            }
            return Model(
                network: self, outputShape: output, execution: execution, reader: reader,
                operations: operations)
        }
    }
}

extension [any Layer] {
    /// Each layer bound to the output of the one before.
    func bound(to input: Shape, _ weights: WeightSource) throws -> [Operation] {
        var shape = input
        return try map { layer in
            let operation = try layer.bound(to: shape, weights)
            shape = operation.output
            return operation
        }
    }
}

extension LayerPlace {
    /// A shape of `axes`, none of which may be below 1, if it is within the limits of a network.
    func shape(_ axes: [Int]) throws -> Shape {
        guard let shape = Shape(checking: axes), shape.elementCount <= Limits.elements,
            axes.allSatisfy({ $0 >= 1 })
        else {
            throw error(
                "expected an output of 1 to \(Limits.elements) elements a sample, found "
                    + axes.map(String.init).joined(separator: "×"))
        }
        return shape
    }
}
