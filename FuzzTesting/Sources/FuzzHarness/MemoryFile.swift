import Bantam

/// Tensors in memory that recipes are resolved against.
public struct MemoryFile: TensorFile {
    /// A small model: a few tensors of each kind that rules tell apart.
    public static let model: MemoryFile = {
        var generator = UInt64(1)
        func values(_ count: Int) -> [Float] {
            (0..<count).map { _ in
                generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int32(truncatingIfNeeded: generator >> 32)) / Float(1 << 31)
            }
        }
        return MemoryFile([
            ("fc1.weight", Tensor(.float32, [12, 20], values(240))),
            ("fc1.bias", Tensor(.float32, [12], values(12))),
            ("conv.weight", Tensor(.float32, [4, 2, 3, 3], values(72))),
            ("encoder.norm1.weight", Tensor(.float64, [5], values(5).map(Double.init))),
            ("embedding.weight", Tensor(.float16, [40, 8], values(320).map { Float16($0) })),
            ("ids", Tensor(.int64, [3], [Int64(1), 2, 3])),
            ("empty.weight", Tensor(.float32, [0, 7], [Float]())),
            ("flat.weight", Tensor(.float32, [7, 0], [Float]())),
            ("scale", Tensor(.float32, [], [Float(2)])),
        ])
    }()

    private let tensors: [Tensor]
    /// The tensors in their order.
    public let entries: [TensorEntry]

    init(_ tensors: [(name: String, tensor: Tensor)]) {
        self.tensors = tensors.map(\.tensor)
        entries = tensors.map { TensorEntry(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape) }
    }

    /// `memory`
    public var path: String { "memory" }
    /// `memory`
    public var format: String { "memory" }
    /// Bytes of the tensors.
    public var fileByteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
    /// Nothing.
    public var metadata: [(key: String, value: String)] { [] }
    /// The tensor of an entry.
    public func tensor(at index: Int) throws -> Tensor { tensors[index] }
}
