import BantamLoaders
import BantamTensors

/// A file with other values for some of its tensors.
struct SubstitutedFile: TensorFile {
    private let source: any TensorFile
    private let substitute: @Sendable (Int) throws -> Tensor?

    /// - Parameter substitute: the tensor to have in place of the source's at that position, if there is one.
    init(_ source: any TensorFile, substitute: @escaping @Sendable (Int) throws -> Tensor?) {
        (self.source, self.substitute) = (source, substitute)
    }

    /// Some tensors taken from another file with the same ones.
    init(_ source: any TensorFile, taking taken: Set<Int>, from other: any TensorFile) {
        self.init(source) { taken.contains($0) ? try other.tensor(at: $0) : nil }
    }

    var path: String { source.path }
    var format: String { source.format }
    var fileByteCount: Int { source.fileByteCount }
    var entries: [TensorEntry] { source.entries }
    var metadata: [(key: String, value: String)] { source.metadata }

    func tensor(at index: Int) throws -> Tensor { try substitute(index) ?? source.tensor(at: index) }
}
