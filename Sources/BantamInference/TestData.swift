import BantamLoaders
import BantamTensors

/// Samples with their labels: what a network's predictions are held against.
public struct TestData: Sendable {
    /// The samples, `[N, …]`.
    public let inputs: Tensor
    /// The class of each sample, N of them.
    public let labels: [Int]

    /// The tensors `inputs` `[N, …]` and `labels` `[N]` of a file.
    ///
    /// - Parameter classes: how many classes there are; labels must be from 0 to one less.
    /// - Throws: ``BantamError`` of kind `corruption` that names file and tensor if one of the two is missing, if
    ///   there are no samples, not as many labels, or a label that is not an integer among the classes.
    public init(_ file: any TensorFile, classes: Int) throws {
        inputs = try TestData.inputs(of: file)
        let labels = try TestData.tensor("labels", of: file)
        let count = inputs.shape.axes[0]
        func fault(_ message: String) -> BantamError {
            BantamError(.corruption, file: file.path, tensor: "labels", message)
        }
        guard count > 0 else {
            throw BantamError(.corruption, file: file.path, tensor: "inputs", "expected samples, found none")
        }
        guard labels.shape == [count] else {
            throw fault("expected shape \(count), one label per sample, found \(labels.shape)")
        }
        guard labels.dtype.isInteger else {
            throw fault("expected an integer dtype, found \(labels.dtype.rawValue)")
        }
        self.labels = try labels.integers().enumerated().map { index, label in
            guard let label, (0..<classes).contains(label) else {
                throw fault(
                    "sample \(index): expected a label from 0 to \(classes - 1), found "
                        + (label.map(String.init) ?? "a larger one"))
            }
            return label
        }
    }

    /// The tensor `inputs` of a file that needs no labels.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if it is missing or has no axis of samples.
    public static func inputs(of file: any TensorFile) throws -> Tensor {
        let inputs = try tensor("inputs", of: file)
        guard inputs.shape.rank >= 1 else {
            throw BantamError(
                .corruption, file: file.path, tensor: "inputs",
                "expected samples along axis 0, found a scalar")
        }
        return inputs
    }

    private static func tensor(_ name: String, of file: any TensorFile) throws -> Tensor {
        guard let index = file.entries.firstIndex(where: { $0.name == name }) else {
            throw BantamError(.corruption, file: file.path, tensor: name, "expected this tensor, found none")
        }
        return try locating(file: file.path, tensor: name) { try file.tensor(at: index) }
    }
}
