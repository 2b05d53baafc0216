import BantamTensors

/// A safetensors file, mapped; see ``SafetensorsHeader`` for what is checked.
public struct SafetensorsFile: TensorFile {
    /// The mapped file.
    public let file: MappedFile
    /// What it says of itself.
    public let header: SafetensorsHeader
    /// Where the data section begins in the file.
    public let dataStart: Int
    /// The tensors in the order of the header.
    public let entries: [TensorEntry]

    /// Opens the file at `path` and checks its header.
    ///
    /// - Throws: ``BantamError`` with file and tensor: `missingInput`, `io`, and what
    ///   ``SafetensorsHeader/init(parsing:dataByteCount:)`` throws.
    public init(_ path: String) throws {
        let file = try MappedFile(path)
        let (header, dataStart) = try locating(file: path) {
            try withExtendedLifetime(file) { try SafetensorsFile.header(of: file.bytes) }
        }
        self.file = file
        self.header = header
        self.dataStart = dataStart
        entries = header.items.map(\.entry)
    }

    /// The path as the user gave it.
    public var path: String { file.path }
    /// `safetensors`
    public var format: String { "safetensors" }
    /// Bytes on disk.
    public var fileByteCount: Int { file.bytes.count }
    /// The text under `__metadata__`, in its order.
    public var metadata: [(key: String, value: String)] { header.metadata ?? [] }

    /// The header as it stands in the file: JSON and padding, without the eight bytes before it.
    public var headerBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.bytes[SafetensorsHeader.prefixByteCount..<dataStart])
    }

    /// The tensor of an entry, in place in the mapped file; copied only if it is not aligned there.
    public func tensor(at index: Int) throws -> Tensor {
        let item = header.items[index]
        let range = dataStart + item.range.lowerBound..<dataStart + item.range.upperBound
        return Tensor(
            item.entry.dtype, item.entry.shape, Storage(file, range, alignment: item.entry.dtype.alignment))
    }

    private static func header(of bytes: UnsafeRawBufferPointer) throws -> (SafetensorsHeader, dataStart: Int)
    {
        let prefix = SafetensorsHeader.prefixByteCount
        guard bytes.count >= prefix else {
            throw BantamError(
                .insufficientData, "expected \(prefix) bytes with the header's length, found \(bytes.count)")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= SafetensorsHeader.maximumByteCount else {
            throw BantamError(
                .corruption,
                "expected a header of at most \(SafetensorsHeader.maximumByteCount) bytes, found a length of "
                    + "\(length)")
        }
        guard Int(length) <= bytes.count - prefix else {
            throw BantamError(
                .insufficientData,
                "expected a header of \(length) bytes, found \(bytes.count - prefix) bytes after its length")
        }
        let dataStart = prefix + Int(length)
        let header = try SafetensorsHeader(
            parsing: UnsafeRawBufferPointer(rebasing: bytes[prefix..<dataStart]),
            dataByteCount: bytes.count - dataStart)
        return (header, dataStart)
    }

    /// Whether an input is to be read as safetensors: by its name, or because it begins with a plausible length
    /// and a brace.
    static func recognizes(_ probe: FileProbe) -> Bool {
        if probe.isNamed(".safetensors") { return true }
        guard probe.head.count > SafetensorsHeader.prefixByteCount else { return false }
        let length = probe.head.prefix(SafetensorsHeader.prefixByteCount).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        return length <= SafetensorsHeader.maximumByteCount
            && probe.head[SafetensorsHeader.prefixByteCount] == UInt8(ascii: "{")
    }
}
