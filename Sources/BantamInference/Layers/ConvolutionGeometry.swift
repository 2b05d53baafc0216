import BantamTensors

/// The loops of a convolution: how patches become columns, and the depthwise case.
struct ConvolutionGeometry: Sendable {
    let vertical: Window
    let horizontal: Window
    let channels: Int
    let filters: Int
    let groups: Int

    /// Weights of one filter: the rows of the column matrix.
    var taps: Int { channels / groups * vertical.kernel * horizontal.kernel }
    /// Outputs of one filter: the columns of the column matrix.
    var outputSize: Int { vertical.output * horizontal.output }
    private var inputSize: Int { vertical.input * horizontal.input }

    /// Whether the column matrix is the input itself.
    private var isPointwise: Bool {
        [vertical, horizontal].allSatisfy { $0.kernel == 1 && $0.stride == 1 && $0.padding == 0 }
    }

    /// Columns, then one product per group and sample.
    func product(_ matrices: [WeightMatrix], _ bias: [Float]?, from input: Shape, to output: Shape)
        -> Operation
    {
        let extra = (isPointwise ? 0 : taps * outputSize) + matrices[0].scratch * outputSize
        let groupInput = channels / groups * inputSize
        let groupOutput = filters / groups * outputSize
        return Operation(from: input, to: output, extra: extra) { x, y, samples, workspace in
            let columns = isPointwise ? nil : workspace.take(taps * outputSize)
            for block in 0..<samples * groups {
                let source = UnsafeMutableBufferPointer(
                    rebasing: x[block * groupInput..<(block + 1) * groupInput])
                let target = UnsafeMutableBufferPointer(
                    rebasing: y[block * groupOutput..<(block + 1) * groupOutput])
                if let columns { fill(columns, from: source) }
                try matrices[block % groups].multiply(
                    columns ?? source, count: outputSize, into: target, workspace)
            }
            if let columns { workspace.give(columns) }
            if let bias { add(bias, to: y, samples) }
        }
    }

    /// Each channel is convolved with its own `filters / groups` kernels, tap by tap.
    func depthwise(_ weight: Tensor, _ bias: [Float]?, from input: Shape, to output: Shape) -> Operation {
        Operation(from: input, to: output) { x, y, samples, _ in
            y.update(repeating: 0)
            weight.withElements(as: Float.self) { weight in
                for block in 0..<samples * filters {
                    let filter = block % filters
                    let channel = block / filters * channels + filter / (filters / groups)
                    accumulate(
                        x.baseAddress! + channel * inputSize, weight.baseAddress! + filter * taps,
                        into: y.baseAddress! + block * outputSize)
                }
            }
            if let bias { add(bias, to: y, samples) }
        }
    }

    private func add(_ bias: [Float], to y: UnsafeMutableBufferPointer<Float>, _ samples: Int) {
        for block in 0..<samples * filters {
            let value = bias[block % filters]
            for index in block * outputSize..<(block + 1) * outputSize { y[index] += value }
        }
    }

    private func accumulate(
        _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        for tapY in 0..<vertical.kernel {
            for tapX in 0..<horizontal.kernel {
                let factor = weight[tapY * horizontal.kernel + tapX]
                let range = horizontal.outputs(tapX)
                for outputY in vertical.outputs(tapY) {
                    let row = outputY * vertical.stride + vertical.offset(tapY)
                    let source = x + row * horizontal.input
                    let target = y + outputY * horizontal.output
                    var position = range.lowerBound * horizontal.stride + horizontal.offset(tapX)
                    for outputX in range {
                        target[outputX] += factor * source[position]
                        position += horizontal.stride
                    }
                }
            }
        }
    }

    /// `columns[tap, output]` = the input under that tap of the kernel at that output, 0 in the padding.
    private func fill(
        _ columns: UnsafeMutableBufferPointer<Float>, from x: UnsafeMutableBufferPointer<Float>
    ) {
        var target = columns.baseAddress!
        for channel in 0..<channels / groups {
            let plane = UnsafePointer(x.baseAddress! + channel * inputSize)
            for tapY in 0..<vertical.kernel {
                let rows = vertical.outputs(tapY)
                let top = rows.lowerBound * horizontal.output
                let bottom = rows.upperBound * horizontal.output
                for tapX in 0..<horizontal.kernel {
                    target.update(repeating: 0, count: top)
                    (target + bottom).update(repeating: 0, count: outputSize - bottom)
                    if !rows.isEmpty {
                        let row = rows.lowerBound * vertical.stride + vertical.offset(tapY)
                        fillRows(target + top, rows.count, from: plane + row * horizontal.input, tapX)
                    }
                    target += outputSize
                }
            }
        }
    }

    /// The rows of one tap that lie within the input: most of what a convolution does outside its product, so
    /// nothing in here is called per row.
    private func fillRows(
        _ target: UnsafeMutablePointer<Float>, _ count: Int, from source: UnsafePointer<Float>, _ tap: Int
    ) {
        let range = horizontal.outputs(tap)
        let (width, step) = (horizontal.output, horizontal.stride)
        let rowStep = vertical.stride * horizontal.input
        var target = target
        var source = source
        let first = range.lowerBound * step + horizontal.offset(tap)
        for _ in 0..<count {
            for output in 0..<range.lowerBound { target[output] = 0 }
            for output in range.upperBound..<width { target[output] = 0 }
            let from = source + (range.isEmpty ? 0 : first)
            let to = target + range.lowerBound
            var index = 0
            if step == 1 {
                while index + 8 <= range.count {
                    let values = UnsafeRawPointer(from + index).loadUnaligned(as: SIMD8<Float>.self)
                    UnsafeMutableRawPointer(to + index).storeBytes(of: values, as: SIMD8<Float>.self)
                    index += 8
                }
            }
            while index < range.count {
                to[index] = from[index * step]
                index += 1
            }
            target += width
            source += rowStep
        }
    }
}
