import BantamTensors

/// `max_pool2d` and `avg_pool2d` of `[C, H, W]`: kernel, stride (by default the kernel), padding.
///
/// Output sizes are rounded down. An average counts the padding as zeros and always divides by the kernel's
/// area, as PyTorch does by default (`count_include_pad`); a maximum ignores the padding, and NaN wins.
struct Pooling: Layer {
    enum Kind { case maximum, average }

    private let place: LayerPlace
    private let kind: Kind
    private let kernel: Pair
    private let stride: Pair
    private let padding: Pair

    init(_ kind: Kind, _ options: LayerOptions) throws {
        let options = try options.allowing(["kernel", "stride", "padding"])
        place = options.place
        self.kind = kind
        guard let kernel = try options.pair("kernel", from: 1) else {
            throw place.error("expected the key 'kernel'")
        }
        self.kernel = kernel
        stride = try options.pair("stride", from: 1) ?? kernel
        padding = try options.pair("padding", from: 0) ?? Pair(0, 0)
        guard padding.height <= kernel.height / 2, padding.width <= kernel.width / 2 else {
            throw place.error("expected a padding of at most half the kernel")
        }
    }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        guard input.rank == 3 else {
            throw place.error("expected channels×height×width a sample, found \(input)")
        }
        guard
            let vertical = Window(
                input: input.axes[1], kernel: kernel.height, stride: stride.height, padding: padding.height,
                dilation: 1),
            let horizontal = Window(
                input: input.axes[2], kernel: kernel.width, stride: stride.width, padding: padding.width,
                dilation: 1)
        else {
            throw place.error(
                "expected a kernel that fits the padded input of \(input), found \(kernel.height)×\(kernel.width)"
            )
        }
        let output = try place.shape([input.axes[0], vertical.output, horizontal.output])
        let channels = input.axes[0]
        let inputSize = vertical.input * horizontal.input
        let outputSize = vertical.output * horizontal.output
        let kind = kind
        return Operation(from: input, to: output) { x, y, samples, _ in
            for plane in 0..<samples * channels {
                let source = x.baseAddress! + plane * inputSize
                let target = y.baseAddress! + plane * outputSize
                switch kind {
                case .maximum:
                    target.update(repeating: -.infinity, count: outputSize)
                    Pooling.fold(source, into: target, vertical, horizontal) { largest, value in
                        // Two selections without a branch, which vectorise; the second lets NaN win.
                        let larger = value > largest ? value : largest
                        return value == value ? larger : value
                    }
                case .average:
                    target.update(repeating: 0, count: outputSize)
                    Pooling.fold(source, into: target, vertical, horizontal) { $0 + $1 }
                    let area = Float(vertical.kernel * horizontal.kernel)
                    for index in 0..<outputSize { target[index] /= area }
                }
            }
        }
    }

    /// Combines every output with each input under its window, row by row so that the inner loop is long.
    @inline(__always)
    private static func fold(
        _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ vertical: Window,
        _ horizontal: Window, _ combine: (Float, Float) -> Float
    ) {
        for tapY in 0..<vertical.kernel {
            for outputY in vertical.outputs(tapY) {
                let row = outputY * vertical.stride + vertical.offset(tapY)
                let source = x + row * horizontal.input
                let target = y + outputY * horizontal.output
                for tapX in 0..<horizontal.kernel {
                    let range = horizontal.outputs(tapX)
                    var position = range.lowerBound * horizontal.stride + horizontal.offset(tapX)
                    for outputX in range {
                        target[outputX] = combine(target[outputX], source[position])
                        position += horizontal.stride
                    }
                }
            }
        }
    }
}
