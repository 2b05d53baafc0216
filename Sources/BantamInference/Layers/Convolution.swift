import BantamTensors

/// `conv2d`: cross-correlation of `[C, H, W]` with a weight `[out, C / groups, kh, kw]`, bias `[out]`.
///
/// Output height ⌊(H + 2·padding − dilation·(kh − 1) − 1) / stride⌋ + 1, likewise the width. Patches are laid
/// out as columns (im2col) and multiplied with the weight's matrix form; a 1×1 kernel needs no layout, and a
/// depthwise one (one input channel per group) no product.
///
/// Source: K. Chellapilla, S. Puri and P. Simard, "High Performance Convolutional Neural Networks for
/// Document Processing", 2006.
struct Convolution: Layer {
    private let place: LayerPlace
    private let weight: String
    private let bias: String?
    private let padding: Pair
    private let stride: Pair
    private let dilation: Pair
    private let groups: Int

    init(_ options: LayerOptions) throws {
        let options = try options.allowing(["weight", "bias", "padding", "stride", "dilation", "groups"])
        place = options.place
        weight = try options.tensor("weight")
        bias = try options.optionalTensor("bias")
        padding = try options.pair("padding", from: 0) ?? Pair(0, 0)
        stride = try options.pair("stride", from: 1) ?? Pair(1, 1)
        dilation = try options.pair("dilation", from: 1) ?? Pair(1, 1)
        groups = try options.int("groups", default: 1, from: 1)
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        guard input.rank == 3 else {
            throw place.error("expected channels×height×width a sample, found \(input)")
        }
        let channels = input.axes[0]
        let encoding = try weights.encoding(weight, place)
        let shape = encoding.shape
        guard channels % groups == 0 else {
            throw place.error("expected channels divisible by \(groups) groups, found \(channels)")
        }
        guard shape.rank == 4, shape.axes[1] == channels / groups, shape.axes[0] % groups == 0,
            (1...Limits.option).contains(shape.axes[2]), (1...Limits.option).contains(shape.axes[3])
        else {
            throw place.error(
                tensor: weight,
                "expected out×\(channels / groups)×kernel×kernel with \(groups) groups for inputs of \(input), "
                    + "found \(shape)")
        }
        let (geometry, output) = try geometry(input, shape)
        let bias = try weights.vector(bias, count: shape.axes[0], place)
        if channels == groups, groups > 1 {
            let values = try weights.decoded(encoding, weight, place)
            return geometry.depthwise(values, bias, from: input, to: output)
        }
        // A group's weight is a block of rows, which encodings other than dense ones do not give away.
        let matrices =
            groups == 1
            ? [try weights.matrix(encoding, weight, place)]
            : WeightMatrix.split(try weights.decoded(encoding, weight, place), into: groups)
        return geometry.product(matrices, bias, from: input, to: output)
    }

    private func geometry(_ input: Shape, _ weight: Shape) throws -> (ConvolutionGeometry, Shape) {
        let kernel = Pair(weight.axes[2], weight.axes[3])
        guard
            let vertical = Window(
                input: input.axes[1], kernel: kernel.height, stride: stride.height, padding: padding.height,
                dilation: dilation.height),
            let horizontal = Window(
                input: input.axes[2], kernel: kernel.width, stride: stride.width, padding: padding.width,
                dilation: dilation.width)
        else {
            throw place.error(
                tensor: self.weight,
                "expected a kernel that fits the padded input of \(input), found \(kernel.height)×\(kernel.width)"
            )
        }
        let output = try place.shape([weight.axes[0], vertical.output, horizontal.output])
        let geometry = ConvolutionGeometry(
            vertical: vertical, horizontal: horizontal, channels: input.axes[0], filters: weight.axes[0],
            groups: groups)
        _ = try place.shape([geometry.taps, geometry.outputSize])
        return (geometry, output)
    }
}
