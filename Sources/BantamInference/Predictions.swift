import BantamTensors

/// What a classification's outputs say.
public enum Predictions {
    /// The arg-max of each row of `[N, classes]` float32 outputs.
    ///
    /// The first of equal largest elements counts. NaN never wins; where nothing else is there, class 0 stands.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the outputs are not such a matrix.
    public static func classes(of outputs: Tensor) throws -> [Int] {
        guard outputs.dtype == .float32, outputs.shape.rank == 2, outputs.shape.axes[1] >= 1 else {
            throw BantamError(
                .invalidArgument,
                "expected float32 outputs of N×classes, found \(outputs.dtype.rawValue) \(outputs.shape)")
        }
        let width = outputs.shape.axes[1]
        return outputs.withElements(as: Float.self) { values in
            stride(from: 0, to: values.count, by: width).map { first in
                var best = 0
                for index in 1..<width
                where values[first + best].isNaN || values[first + index] > values[first + best] {
                    if !values[first + index].isNaN { best = index }
                }
                return best
            }
        }
    }
}
