import BantamTensors

/// A layer as the file describes it: a value that was parsed, can be bound to weights, and then runs.
protocol Layer: Sendable {
    /// Looks up and checks the weights, and infers the output's shape from the shape of one input sample.
    ///
    /// Everything that can be wrong is found here, before any data is touched.
    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation
}

/// A layer that is ready to run.
struct Operation: Sendable {
    /// The shape of one output sample.
    var output: Shape
    /// The most elements alive at the same time for one sample, input and output included.
    var peak: Int
    /// Uses up its input and gives the output.
    var run: @Sendable (Activations, Workspace) throws -> Activations

    /// An operation that changes the elements where they are.
    init(inPlace shape: Shape, _ body: @escaping @Sendable (UnsafeMutableBufferPointer<Float>) -> Void) {
        output = shape
        peak = shape.elementCount
        run = { activations, _ in
            body(activations.values)
            return activations
        }
    }

    /// An operation that writes its output (all of it) elsewhere; arguments: input, output, samples.
    ///
    /// - Parameter extra: elements per sample that the operation takes from the workspace.
    init(
        from input: Shape, to output: Shape, extra: Int = 0,
        _ body:
            @escaping @Sendable (
                UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>, Int, Workspace
            ) throws -> Void
    ) {
        self.output = output
        peak = input.elementCount + output.elementCount + extra
        run = { activations, workspace in
            let result = workspace.take(activations.samples * output.elementCount)
            try body(activations.values, result, activations.samples, workspace)
            workspace.give(activations.values)
            return Activations(values: result, samples: activations.samples)
        }
    }

    /// An operation of full generality.
    init(
        output: Shape, peak: Int,
        run: @escaping @Sendable (Activations, Workspace) throws -> Activations
    ) {
        self.output = output
        self.peak = peak
        self.run = run
    }
}

/// The values of some samples between two layers, row-major, in memory of a ``Workspace``.
struct Activations {
    var values: UnsafeMutableBufferPointer<Float>
    var samples: Int
}
