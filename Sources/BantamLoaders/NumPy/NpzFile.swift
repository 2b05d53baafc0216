import BantamTensors

/// A NumPy `.npz` file: a zip archive of npy files, each a tensor named as its member is without `.npy`.
///
/// Stored and deflated members, zip64, archives written to a pipe. A stored tensor is mapped in place if
/// it is aligned, little-endian and C-ordered. The CRC-32 of a member is checked when its tensor is read.
public struct NpzFile: TensorFile {
    /// The path as the user gave it.
    public let path: String
    /// The members in the order of the archive's directory.
    public let entries: [TensorEntry]
    private let file: MappedFile
    private let members: [(entry: ZipEntry, header: NpyHeader)]

    /// Opens the file and checks its directory and the header of every member.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, `insufficientData`, `compatibility` (encryption,
    ///   other compression, members that are no npy files or no plain numbers), `missingInput` or `io`.
    public init(_ path: String) throws {
        let file = try MappedFile(path)
        let members = try locating(file: path) {
            defer { withExtendedLifetime(file) {} }
            return try ZipDirectory(parsing: file.bytes).entries.map { entry in
                (entry, try locating(tensor: entry.name) { try NpzFile.header(of: entry, in: file.bytes) })
            }
        }
        self.path = path
        self.file = file
        self.members = members
        entries = members.map { entry, header in
            TensorEntry(
                name: String(entry.name.dropLast(NpzFile.suffix.count)), dtype: header.elements.dtype,
                shape: header.elements.shape)
        }
    }

    /// The format's name.
    public var format: String { "npz" }
    /// Bytes on disk.
    public var fileByteCount: Int { file.bytes.count }
    /// Nothing: the format carries no text.
    public var metadata: [(key: String, value: String)] { [] }

    /// The tensor of an entry, after its CRC-32 was checked.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` or `insufficientData` if the member is damaged.
    public func tensor(at index: Int) throws -> Tensor {
        defer { withExtendedLifetime(file) {} }
        let (entry, header) = members[index]
        return try locating(file: path, tensor: entries[index].name) {
            switch entry.method {
            case .stored:
                try check(crc32(of: UnsafeRawBufferPointer(rebasing: file.bytes[entry.data])), entry)
                let start = entry.data.lowerBound + header.dataOffset
                return header.elements.tensor(in: file, start..<entry.data.upperBound)
            case .deflated:
                return header.elements.tensor(of: try inflated(entry, header))
            }
        }
    }

    private func inflated(_ entry: ZipEntry, _ header: NpyHeader) throws -> Storage {
        try MemoryLimit.check(header.dataByteCount, elementsOf: 1)
        let inflater = try Inflater(UnsafeRawBufferPointer(rebasing: file.bytes[entry.data]))
        try withUnsafeTemporaryAllocation(byteCount: header.dataOffset, alignment: 1) {
            try inflater.read(into: $0)
        }
        let storage = try Storage(byteCount: header.dataByteCount) { try inflater.read(into: $0) }
        try inflater.finish()
        try check(inflater.checksum, entry)
        return storage
    }

    private func check(_ checksum: UInt32, _ entry: ZipEntry) throws {
        guard checksum == entry.checksum else {
            throw BantamError(
                .corruption,
                "expected CRC-32 \(hexadecimal(entry.checksum)), found \(hexadecimal(checksum))")
        }
    }

    private func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    static let suffix = ".npy"

    /// The npy header of a member; of a deflated one only as much is inflated.
    private static func header(of entry: ZipEntry, in bytes: UnsafeRawBufferPointer) throws -> NpyHeader {
        guard entry.name.hasSuffix(suffix), entry.name.count > suffix.count else {
            throw BantamError(.compatibility, "expected a member with a name in .npy, found another one")
        }
        let data = UnsafeRawBufferPointer(rebasing: bytes[entry.data])
        let header: NpyHeader
        switch entry.method {
        case .stored: header = try NpyHeader(parsing: data)
        case .deflated:
            let prefix = try inflate(min(NpyHeader.longestPrefix, entry.byteCount), of: data)
            let count = try prefix.withUnsafeBytes { try NpyHeader.byteCount(fromPrefix: $0) }
            let start = try inflate(min(count, entry.byteCount), of: data)
            header = try start.withUnsafeBytes { try NpyHeader(parsing: $0) }
        }
        try header.check(byteCount: entry.byteCount)
        return header
    }

    private static func inflate(_ count: Int, of data: UnsafeRawBufferPointer) throws -> [UInt8] {
        let inflater = try Inflater(data)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try inflater.read(
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
            )
            initialized = count
        }
    }
}
