import BantamTensors

/// What a file says of one of its tensors.
public struct TensorEntry: Sendable, Hashable {
    /// The name, unique in the file.
    public var name: String
    /// The element type.
    public var dtype: DType
    /// The shape.
    public var shape: Shape

    /// An entry.
    public init(name: String, dtype: DType, shape: Shape) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
    }

    /// The bytes of the plain tensor.
    public var byteCount: Int { Tensor.byteCount(dtype, shape) ?? 0 }
}

extension TensorFile {
    /// Bytes of all plain tensors.
    public var tensorByteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }
}

/// A file, or a folder of files, with named tensors, opened for reading.
///
/// Opening reads and checks the headers only. A tensor is read when it is asked for, and its memory goes
/// when the last user lets go of it.
public protocol TensorFile: Sendable {
    /// The path as the user gave it.
    var path: String { get }
    /// The format, for people: `safetensors`, `npy`, `npz`, `raw`, `safetensors shards`.
    var format: String { get }
    /// Bytes on disk, headers and all shards included.
    var fileByteCount: Int { get }
    /// What is in it, in the order of the file.
    var entries: [TensorEntry] { get }
    /// Text the file carries beside its tensors, in its order.
    var metadata: [(key: String, value: String)] { get }

    /// The tensor of an entry of this file.
    ///
    /// - Parameter index: a position in ``entries``.
    /// - Throws: ``BantamError`` with file and tensor.
    func tensor(at index: Int) throws -> Tensor
}
