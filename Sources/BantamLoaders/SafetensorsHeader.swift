import BantamTensors

/// What a safetensors file says of itself: its tensors, where each one's bytes are, and text.
///
/// The file is eight bytes with the length of the header (little-endian), the header as JSON, and the data
/// section, which the tensors fill without holes. Source: the format section of
/// [safetensors](https://github.com/huggingface/safetensors).
///
/// A header read from a file: ``init(parsing:dataByteCount:)``. One for tensors that are to be written:
/// ``init(layingOut:metadata:order:)``. As bytes: ``encoded()``.
public struct SafetensorsHeader: Sendable {
    /// A tensor and its place.
    public struct Item: Sendable, Hashable {
        /// Name, dtype and shape.
        public var entry: TensorEntry
        /// Its bytes, counted from the start of the data section.
        public var range: Range<Int>

        /// A tensor at a place.
        public init(_ entry: TensorEntry, _ range: Range<Int>) {
            self.entry = entry
            self.range = range
        }
    }

    /// The tensors in the order of the header, which need not be that of the data.
    public var items: [Item]
    /// The text under `__metadata__` in its order; `nil` if the file has none.
    public var metadata: [(key: String, value: String)]?

    /// The key that stands for text and can be no tensor's name.
    public static let metadataKey = "__metadata__"
    /// The longest header that readers accept, in bytes.
    public static let maximumByteCount = 100_000_000
    /// The bytes before the header: its length.
    public static let prefixByteCount = 8

    /// The length of the data section that the tensors fill.
    public var dataByteCount: Int { items.reduce(0) { max($0, $1.range.upperBound) } }

    /// Length, JSON and padding: everything before the data section, which begins at a multiple of 8 bytes.
    ///
    /// `__metadata__` comes first, then the tensors in the order of ``items``; no blanks but the padding. These
    /// are the bytes that the reference implementation writes.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` for a dtype that the format does not have,
    ///   `invalidArgument` if the header would be longer than readers accept.
    public func encoded() throws -> [UInt8] {
        var members: [JSON.Member] = []
        if let metadata {
            members.append(
                .init(Self.metadataKey, .object(metadata.map { JSON.Member($0.key, .string($0.value)) })))
        }
        for item in items {
            guard let dtype = SafetensorsDType.name(of: item.entry.dtype) else {
                throw Self.cannotHold(item.entry)
            }
            members.append(
                .init(
                    item.entry.name,
                    .object([
                        .init("dtype", .string(dtype)),
                        .init("shape", .array(item.entry.shape.axes.map { .integer($0) })),
                        .init(
                            "data_offsets",
                            .array([.integer(item.range.lowerBound), .integer(item.range.upperBound)])),
                    ])))
        }
        var header = JSON.object(members).encoded()
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        guard header.count <= Self.maximumByteCount else {
            throw BantamError(
                .invalidArgument,
                "expected a header of at most \(Self.maximumByteCount) bytes, these names and texts need "
                    + "\(header.count)")
        }
        return Self.prefix(headerByteCount: header.count) + header
    }

    /// The eight bytes before a header.
    public static func prefix(headerByteCount: Int) -> [UInt8] {
        (0..<prefixByteCount).map { UInt8(truncatingIfNeeded: headerByteCount >> ($0 * 8)) }
    }

    static func cannotHold(_ entry: TensorEntry) -> BantamError {
        BantamError(
            .compatibility, tensor: entry.name, "safetensors files cannot hold \(entry.dtype.rawValue)")
    }
}
