import BantamLoaders
import BantamTensors

/// A file with some of its tensors taken from another file with the same ones.
struct SubstitutedFile: TensorFile {
    private let source: any TensorFile
    private let other: any TensorFile
    private let taken: Set<Int>

    init(_ source: any TensorFile, taking taken: Set<Int>, from other: any TensorFile) {
        (self.source, self.taken, self.other) = (source, taken, other)
    }

    var path: String { source.path }
    var format: String { source.format }
    var fileByteCount: Int { source.fileByteCount }
    var entries: [TensorEntry] { source.entries }
    var metadata: [(key: String, value: String)] { source.metadata }

    func tensor(at index: Int) throws -> Tensor {
        try taken.contains(index) ? other.tensor(at: index) : source.tensor(at: index)
    }
}
