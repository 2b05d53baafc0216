import BantamTensors
import CBantamKernels

/// `softmax` over the last axis, with the largest element subtracted first so that nothing overflows.
struct Softmax: Layer {
    init(_ options: LayerOptions) throws { _ = try options.allowing([]) }

    func bound(to input: Shape, _ weights: WeightSource) throws -> Operation {
        let width = input.axes[input.rank - 1]
        return Operation(inPlace: input) { x in
            for first in stride(from: 0, to: x.count, by: width) {
                let row = UnsafeMutableBufferPointer(rebasing: x[first..<first + width])
                let largest = row.reduce(-Float.infinity) { $1 > $0 ? $1 : $0 }
                for index in 0..<width { row[index] -= largest }
                bantam_exp(row.baseAddress, width)
                let sum = row.reduce(0, +)
                for index in 0..<width { row[index] /= sum }
            }
        }
    }
}
