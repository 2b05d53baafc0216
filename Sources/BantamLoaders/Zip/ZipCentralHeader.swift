// A member's line in the directory, and the local header before its data that has to say the same.
// Layouts: PKWARE, "APPNOTE.TXT", sections 4.3.7, 4.3.9, 4.3.12, 4.5.3.

import BantamTensors

/// A member as the directory describes it.
struct ZipCentralHeader {
    /// The name.
    let name: String
    private let nameBytes: [UInt8]
    private let flags: UInt16
    private let method: UInt16
    private let checksum: UInt32
    private let compressedByteCount: Int
    private let byteCount: Int
    private let localOffset: Int

    private static let hasDescriptor: UInt16 = 1 << 3
    private static let isUTF8: UInt16 = 1 << 11
    /// Encryption in its three forms (bits 0, 6, 13).
    private static let encryption: UInt16 = 1 << 0 | 1 << 6 | 1 << 13
    /// Bits that change nothing here: the deflate level, the descriptor, UTF-8.
    private static let understood: UInt16 = 1 << 1 | 1 << 2 | hasDescriptor | isUTF8

    /// Reads the next line of a directory.
    init(reading reader: inout ByteReader) throws {
        guard try reader.next(as: UInt32.self) == 0x0201_4b50 else {
            throw BantamError(.corruption, "zip: expected a directory entry, found other bytes")
        }
        _ = try reader.take(4)
        flags = try reader.next(as: UInt16.self)
        method = try reader.next(as: UInt16.self)
        _ = try reader.take(4)
        checksum = try reader.next(as: UInt32.self)
        let shortCompressed = try reader.next(as: UInt32.self)
        let shortByteCount = try reader.next(as: UInt32.self)
        let nameCount = Int(try reader.next(as: UInt16.self))
        let extraCount = Int(try reader.next(as: UInt16.self))
        let commentCount = Int(try reader.next(as: UInt16.self))
        let disk = try reader.next(as: UInt16.self)
        _ = try reader.take(6)
        let shortOffset = try reader.next(as: UInt32.self)
        nameBytes = Array(try reader.take(nameCount))
        let extra = try reader.take(extraCount)
        _ = try reader.take(commentCount)

        name = try ZipCentralHeader.name(nameBytes, isUTF8: flags & Self.isUTF8 != 0)
        let counts = try locating(tensor: name) {
            guard disk == 0 else {
                throw BantamError(.compatibility, "zip: an archive in several parts is not supported")
            }
            return try ZipCentralHeader.zip64([shortByteCount, shortCompressed, shortOffset], extra)
        }
        (byteCount, compressedByteCount, localOffset) = (counts[0], counts[1], counts[2])
    }

    /// The entry, with its data at `data`.
    func entry(data: Range<Int>) throws -> ZipEntry {
        guard flags & Self.encryption == 0 else {
            throw BantamError(.compatibility, "zip: the member is encrypted")
        }
        guard flags & ~Self.understood == 0 else {
            throw BantamError(.compatibility, "zip: flags \(flags) are not supported")
        }
        guard let method = ZipEntry.Method(rawValue: method) else {
            throw BantamError(
                .compatibility, "zip: expected method 0 (stored) or 8 (deflated), found \(method)")
        }
        guard method == .deflated || byteCount == compressedByteCount else {
            throw BantamError(
                .corruption,
                "zip: a stored member of \(byteCount) bytes takes \(compressedByteCount) in the archive")
        }
        // No DEFLATE stream yields more: its shortest code, one bit each for length and distance, stands
        // for 258 bytes.
        let (limit, overflow) = compressedByteCount.multipliedReportingOverflow(by: 1032)
        guard overflow || byteCount <= limit else {
            throw BantamError(
                .corruption,
                "zip: \(compressedByteCount) deflated bytes cannot hold the \(byteCount) that the directory promises"
            )
        }
        return ZipEntry(name: name, method: method, checksum: checksum, byteCount: byteCount, data: data)
    }

    /// Finds the member's data and checks the local header before it and the descriptor behind it.
    ///
    /// - Parameter members: the archive up to its directory.
    func locate(in members: UnsafeRawBufferPointer) throws -> (all: Range<Int>, data: Range<Int>) {
        var reader = try ByteReader(members, at: localOffset, what: "the zip local header")
        guard try reader.next(as: UInt32.self) == 0x0403_4b50 else {
            throw BantamError(
                .corruption, "zip: expected a local header at byte \(localOffset), found other bytes")
        }
        _ = try reader.take(2)
        let localFlags = try reader.next(as: UInt16.self)
        let localMethod = try reader.next(as: UInt16.self)
        _ = try reader.take(4)
        let localChecksum = try reader.next(as: UInt32.self)
        let shortCompressed = try reader.next(as: UInt32.self)
        let shortByteCount = try reader.next(as: UInt32.self)
        let nameCount = Int(try reader.next(as: UInt16.self))
        let extraCount = Int(try reader.next(as: UInt16.self))
        let localName = try reader.take(nameCount)
        let counts = try ZipCentralHeader.zip64(
            [shortByteCount, shortCompressed], try reader.take(extraCount))

        // A streaming writer learns sizes and checksum at the end and leaves zeros here.
        let isStreamed = flags & Self.hasDescriptor != 0
        func agrees<Number: Equatable & ExpressibleByIntegerLiteral>(_ local: Number, _ own: Number) -> Bool {
            local == own || (isStreamed && local == 0)
        }
        guard localName.elementsEqual(nameBytes), localFlags == flags, localMethod == method,
            agrees(localChecksum, checksum), agrees(counts[0], byteCount),
            agrees(counts[1], compressedByteCount)
        else { throw BantamError(.corruption, "zip: the local header contradicts the directory") }

        let start = reader.offset
        _ = try reader.take(compressedByteCount)
        let data = start..<reader.offset
        if isStreamed { try skipDescriptor(&reader) }
        return (localOffset..<reader.offset, data)
    }

    /// The descriptor has 32- or 64-bit sizes and may lack its signature; its values tell which.
    private func skipDescriptor(_ reader: inout ByteReader) throws {
        let signature: [UInt8] = [0x50, 0x4b, 0x07, 0x08]
        let rest = reader.bytes[reader.offset...]
        for isLong in [true, false] {
            var descriptor: [UInt8] = []
            descriptor.append(littleEndian: checksum)
            for count in [compressedByteCount, byteCount] {
                if isLong {
                    descriptor.append(littleEndian: UInt64(count))
                } else if let short = UInt32(exactly: count) {
                    descriptor.append(littleEndian: short)
                }
            }
            for candidate in [signature + descriptor, descriptor] where rest.starts(with: candidate) {
                _ = try reader.take(candidate.count)
                return
            }
        }
        throw BantamError(.corruption, "zip: the data descriptor contradicts the directory")
    }

    private static func name(_ bytes: [UInt8], isUTF8: Bool) throws -> String {
        guard let name = String(validating: bytes, as: UTF8.self), isUTF8 || bytes.allSatisfy({ $0 < 128 })
        else {
            throw BantamError(
                .corruption,
                "zip: expected member names in ASCII or marked UTF-8, found \(String(decoding: bytes, as: UTF8.self))"
            )
        }
        guard ZipEntry.isSafe(name: name) else {
            throw BantamError(
                .corruption, tensor: name, "zip: the member's name is empty or leads out of the archive")
        }
        return name
    }

    /// Widens numbers by the extra field 0x0001, which has those that are all ones, in their order.
    private static func zip64(_ short: [UInt32], _ extra: UnsafeRawBufferPointer) throws -> [Int] {
        var field: UnsafeRawBufferPointer?
        var reader = try ByteReader(extra, what: "a zip extra field")
        while reader.remaining > 0 {
            let kind = try reader.next(as: UInt16.self)
            let content = try reader.take(Int(try reader.next(as: UInt16.self)))
            guard kind == 1 else { continue }
            guard field == nil else { throw BantamError(.corruption, "zip: two zip64 fields for one member") }
            field = content
        }
        guard let field else { return short.map(Int.init) }
        var long = try ByteReader(field, what: "a zip64 field")
        return try short.map { $0 == .max ? try long.nextCount() : Int($0) }
    }
}
