// A zip archive is read from its end: a record there says where the directory of the members is. Large
// archives have a second record with 64-bit numbers before it. Layouts: PKWARE, "APPNOTE.TXT – .ZIP File
// Format Specification", version 6.3.10, sections 4.3.14 to 4.3.16.

import BantamTensors

/// Where the directory of a zip archive is.
struct ZipEndRecord {
    /// How many members it lists.
    var entryCount: Int
    /// Its bytes.
    var directory: Range<Int>

    /// Finds and checks the end records.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, `insufficientData`, or `compatibility` for an
    ///   archive in several parts.
    init(findingIn bytes: UnsafeRawBufferPointer) throws {
        let start = try ZipEndRecord.position(bytes)
        var reader = try ByteReader(bytes, at: start + 4, what: "the zip end record")
        let disk = try reader.next(as: UInt16.self)
        let directoryDisk = try reader.next(as: UInt16.self)
        let entriesHere = try reader.next(as: UInt16.self)
        let entries = try reader.next(as: UInt16.self)
        let size = try reader.next(as: UInt32.self)
        let offset = try reader.next(as: UInt32.self)
        let short = (entries: Int(entries), size: Int(size), offset: Int(offset))

        var found = short
        var end = start
        if let long = try ZipEndRecord.zip64(bytes, before: start) {
            found = (long.entries, long.size, long.offset)
            end = long.start
            guard entries == .max || short.entries == found.entries, size == .max || short.size == found.size,
                offset == .max || short.offset == found.offset
            else { throw BantamError(.corruption, "zip: the two end records contradict each other") }
        }
        guard disk == 0 || (end < start && disk == .max), directoryDisk == disk, entriesHere == entries else {
            throw BantamError(.compatibility, "zip: an archive in several parts is not supported")
        }
        let (sum, overflow) = found.offset.addingReportingOverflow(found.size)
        guard !overflow, sum == end else {
            throw BantamError(
                .corruption,
                "zip: expected the directory to end at byte \(end), found it at \(found.offset) with \(found.size) bytes"
            )
        }
        entryCount = found.entries
        directory = found.offset..<end
    }

    /// The last place whose comment, if any, reaches exactly to the end of the file.
    private static func position(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        let size = 22
        guard bytes.count >= size else {
            throw BantamError(
                .insufficientData, "expected a zip archive of \(size) bytes or more, found \(bytes.count)")
        }
        let last = bytes.count - size
        for start in stride(from: last, through: max(0, last - Int(UInt16.max)), by: -1)
        where bytes[start] == 0x50 {
            var reader = try ByteReader(bytes, at: start, what: "the zip end record")
            guard try reader.next(as: UInt32.self) == 0x0605_4b50 else { continue }
            _ = try reader.take(16)
            if Int(try reader.next(as: UInt16.self)) == last - start { return start }
        }
        throw BantamError(.corruption, "expected a zip archive, found no end record (not a zip, or cut off)")
    }

    private static func zip64(
        _ bytes: UnsafeRawBufferPointer, before end: Int
    ) throws -> (start: Int, entries: Int, size: Int, offset: Int)? {
        guard end >= 20 else { return nil }
        var locator = try ByteReader(bytes, at: end - 20, what: "the zip64 locator")
        guard try locator.next(as: UInt32.self) == 0x0706_4b50 else { return nil }
        let disk = try locator.next(as: UInt32.self)
        let start = try locator.nextCount()
        let disks = try locator.next(as: UInt32.self)

        var reader = try ByteReader(bytes, at: start, what: "the zip64 end record")
        guard try reader.next(as: UInt32.self) == 0x0606_4b50 else {
            throw BantamError(.corruption, "zip: expected the zip64 end record at byte \(start), found none")
        }
        let size = try reader.nextCount()
        guard size >= 44, size == end - 20 - reader.offset else {
            throw BantamError(.corruption, "zip: the zip64 end record has an impossible size (\(size))")
        }
        _ = try reader.take(4)
        let disksOfRecord = [try reader.next(as: UInt32.self), try reader.next(as: UInt32.self)]
        let entriesHere = try reader.nextCount()
        let entries = try reader.nextCount()
        guard disk == 0, disks <= 1, disksOfRecord == [0, 0], entriesHere == entries else {
            throw BantamError(.compatibility, "zip: an archive in several parts is not supported")
        }
        return (start, entries, try reader.nextCount(), try reader.nextCount())
    }
}
