import BantamTensors

/// What the numbers in a file without a header are.
///
/// On the command line: `--raw dtype=float32,shape=300x64,offset=128,byte_order=big,name=fc1.weight`, of which
/// dtype and shape are required.
public struct RawLayout: Sendable, Hashable {
    /// What the tensor is called; `nil` to call it as the file is, without its extension.
    public var name: String?
    /// The element type.
    public var dtype: DType
    /// The shape, row-major.
    public var shape: Shape
    /// Bytes before the first element.
    public var offset: Int
    /// Which byte of a number comes first.
    public var byteOrder: ByteOrder

    /// A layout.
    public init(
        name: String? = nil, dtype: DType, shape: Shape, offset: Int = 0, byteOrder: ByteOrder = .little
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.offset = offset
        self.byteOrder = byteOrder
    }

    /// The layout that `text` describes: `key=value` pairs with commas between them. The shape is lengths
    /// with `x` between them, or `scalar`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` that names the pair at fault.
    public init(parsing text: String) throws {
        var values: [String: String] = [:]
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw RawLayout.fault("pairs such as dtype=float32", "'\(pair)'")
            }
            let key = String(parts[0])
            guard RawLayout.keys.contains(key) else {
                throw RawLayout.fault("one of \(RawLayout.keys.joined(separator: ", "))", "'\(key)'")
            }
            guard values.updateValue(String(parts[1]), forKey: key) == nil else {
                throw RawLayout.fault("'\(key)' once", "it twice")
            }
        }
        guard let dtypeName = values["dtype"] else { throw RawLayout.fault("a dtype", "none") }
        guard let dtype = DType(rawValue: dtypeName) else {
            let known = DType.allCases.map(\.rawValue).joined(separator: ", ")
            throw RawLayout.fault("a dtype among \(known)", "'\(dtypeName)'")
        }
        guard let shapeText = values["shape"] else { throw RawLayout.fault("a shape", "none") }
        guard let shape = RawLayout.shape(shapeText), Tensor.byteCount(dtype, shape) != nil else {
            throw RawLayout.fault("a shape such as 300x64 that fills whole bytes", "'\(shapeText)'")
        }
        let offsetText = values["offset"] ?? "0"
        guard let offset = RawLayout.length(offsetText[...]) else {
            throw RawLayout.fault("an offset in bytes", "'\(offsetText)'")
        }
        let orderText = values["byte_order"] ?? ByteOrder.little.rawValue
        guard let byteOrder = ByteOrder(rawValue: orderText) else {
            throw RawLayout.fault("byte_order little or big", "'\(orderText)'")
        }
        self.init(name: values["name"], dtype: dtype, shape: shape, offset: offset, byteOrder: byteOrder)
    }

    /// The bytes in a file of `count`, and how the elements lie in them.
    ///
    /// - Throws: ``BantamError`` of kind `insufficientData` if the file is too short.
    func place(inFileOf count: Int) throws -> (range: Range<Int>, elements: ElementOrder) {
        guard let byteCount = Tensor.byteCount(dtype, shape) else {
            throw BantamError(.corruption, "\(dtype.rawValue) \(shape) does not fill whole bytes")
        }
        guard offset <= count, byteCount <= count - offset else {
            throw BantamError(
                .insufficientData,
                "expected \(byteCount) bytes (\(dtype.rawValue) \(shape)) from byte \(offset) on, "
                    + "found \(max(0, count - offset))")
        }
        let elements = ElementOrder(dtype: dtype, shape: shape, byteOrder: byteOrder)
        return (offset..<offset + byteCount, elements)
    }

    private static let keys = ["dtype", "shape", "offset", "byte_order", "name"]

    private static func shape(_ text: String) -> Shape? {
        if text == "scalar" { return [] }
        let axes = text.split(separator: "x", omittingEmptySubsequences: false).map(length)
        guard !axes.contains(nil) else { return nil }
        return Shape(checking: axes.compactMap { $0 })
    }

    /// Digits only: `Int` alone would take a sign too.
    private static func length(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    private static func fault(_ expected: String, _ found: String) -> BantamError {
        BantamError(.invalidArgument, "raw layout: expected \(expected), found \(found)")
    }
}
