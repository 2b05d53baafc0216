import BantamTensors

/// `global_avg_pool2d`: `[C, H, W]` to `[C]`, the mean of each channel.
struct GlobalAveragePooling: Layer {
    private let place: LayerPlace

    init(_ options: LayerOptions) throws { place = try options.allowing([]).place }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        guard input.rank == 3 else {
            throw place.error("expected channels×height×width a sample, found \(input)")
        }
        let size = input.axes[1] * input.axes[2]
        return Operation(from: input, to: [input.axes[0]]) { x, y, _, _ in
            for channel in y.indices {
                var sum = 0.0
                for index in channel * size..<(channel + 1) * size { sum += Double(x[index]) }
                y[channel] = Float(sum / Double(size))
            }
        }
    }
}

/// `mean_pool`: `[T, D]` to `[D]`, the mean over the T positions.
struct MeanPooling: Layer {
    private let place: LayerPlace

    init(_ options: LayerOptions) throws { place = try options.allowing([]).place }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        guard input.rank == 2 else { throw place.error("expected positions×width a sample, found \(input)") }
        let (positions, width) = (input.axes[0], input.axes[1])
        return Operation(from: input, to: [width]) { x, y, samples, _ in
            y.update(repeating: 0)
            for sample in 0..<samples {
                let target = y.baseAddress! + sample * width
                for position in 0..<positions {
                    let source = x.baseAddress! + (sample * positions + position) * width
                    for index in 0..<width { target[index] += source[index] }
                }
                for index in 0..<width { target[index] /= Float(positions) }
            }
        }
    }
}
