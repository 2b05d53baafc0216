import BantamTensors

/// Where a layer stands in its file, so that errors at any later time can say so.
struct LayerPlace: Sendable {
    let file: String
    let line: Int
    /// Counted from 1; layers within a residual one as `3.1`.
    let number: String
    let name: String

    /// `layer 3.1 (linear)`.
    var title: String { "layer \(number) (\(oneLine(name)))" }

    /// An error about this layer.
    func error(tensor: String? = nil, _ message: String) -> BantamError {
        BantamError(.corruption, file: file, tensor: tensor, "line \(line): \(title): \(message)")
    }
}
