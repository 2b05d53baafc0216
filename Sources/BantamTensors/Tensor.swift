/// An immutable n-dimensional array: a dtype, a shape, and little-endian row-major bytes.
///
/// Sub-byte elements are packed without gaps. The bytes are aligned to the element, so they can be read
/// in place. Copying a tensor copies a reference.
public struct Tensor: Sendable {
    /// The element type.
    public let dtype: DType
    /// The lengths of the axes.
    public let shape: Shape
    /// The bytes, `byteCount` of them.
    public let storage: Storage

    /// A tensor over bytes that are already there; they must be as many as dtype and shape need.
    public init(_ dtype: DType, _ shape: Shape, _ storage: Storage) {
        precondition(
            storage.bytes.count == Tensor.byteCount(dtype, shape),
            "\(dtype.rawValue) \(shape) does not fit \(storage.bytes.count) bytes")
        self.dtype = dtype
        self.shape = shape
        self.storage = storage
    }

    /// A tensor in new memory, which `initialize` fills completely.
    public init<Element: BitwiseCopyable>(
        _ dtype: DType, _ shape: Shape, as type: Element.Type = Element.self,
        initialize: (UnsafeMutableBufferPointer<Element>) throws -> Void
    ) rethrows {
        precondition(MemoryLayout<Element>.size * 8 == dtype.bitWidth)
        self.init(
            dtype, shape,
            try Storage(byteCount: Tensor.byteCount(dtype, shape) ?? 0) {
                try initialize($0.bindMemory(to: Element.self))
            })
    }

    /// A tensor with a copy of `elements`.
    public init<Element: BitwiseCopyable>(_ dtype: DType, _ shape: Shape, _ elements: [Element]) {
        precondition(elements.count == shape.elementCount)
        self.init(dtype, shape, as: Element.self) { _ = $0.initialize(from: elements) }
    }

    /// Bytes needed for `shape` elements of `dtype`; `nil` if sub-byte elements do not fill whole bytes.
    public static func byteCount(_ dtype: DType, _ shape: Shape) -> Int? {
        let bits = shape.elementCount * dtype.bitWidth
        return bits % 8 == 0 ? bits / 8 : nil
    }

    /// The number of bytes.
    public var byteCount: Int { storage.bytes.count }

    /// The number of elements.
    public var elementCount: Int { shape.elementCount }

    /// The same elements under another shape of as many elements.
    public func reshaped(_ shape: Shape) -> Tensor { Tensor(dtype, shape, storage) }

    /// Reads the elements in place. `Element` has the size of the dtype.
    public func withElements<Element: BitwiseCopyable, Result>(
        as type: Element.Type = Element.self, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        precondition(MemoryLayout<Element>.size * 8 == dtype.bitWidth, "\(dtype.rawValue) is not \(type)")
        defer { withExtendedLifetime(storage) {} }
        return try body(storage.bytes.bindMemory(to: Element.self))
    }

    /// A copy of the elements as an array. `Element` has the size of the dtype.
    public func array<Element: BitwiseCopyable>(as type: Element.Type = Element.self) -> [Element] {
        withElements(as: type) { Array($0) }
    }
}
