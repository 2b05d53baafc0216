// Zip readers are known to disagree on archives whose two headers of a member differ, whose members
// overlap or share a name. All of that is refused, so that nobody sees another tensor than we do.

import BantamTensors

/// The members of a zip archive, in the order of its directory.
struct ZipDirectory {
    /// The members.
    let entries: [ZipEntry]

    /// Reads the directory and checks every local header against it.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, `insufficientData`, or `compatibility` for
    ///   encryption, compression other than DEFLATE, and archives in several parts.
    init(parsing bytes: UnsafeRawBufferPointer) throws {
        let end = try ZipEndRecord(findingIn: bytes)
        let members = UnsafeRawBufferPointer(rebasing: bytes[..<end.directory.lowerBound])
        let directory = UnsafeRawBufferPointer(rebasing: bytes[end.directory])
        var reader = try ByteReader(directory, what: "the zip directory")
        var entries: [ZipEntry] = []
        var extents: [Range<Int>] = []
        var names: Set<ExactString> = []
        for _ in 0..<end.entryCount {
            let header = try ZipCentralHeader(reading: &reader)
            try locating(tensor: header.name) {
                guard names.insert(ExactString(header.name)).inserted else {
                    throw BantamError(.corruption, "zip: two members have this name")
                }
                let place = try header.locate(in: members)
                entries.append(try header.entry(data: place.data))
                extents.append(place.all)
            }
        }
        guard reader.remaining == 0 else {
            throw BantamError(
                .corruption,
                "zip: expected a directory of \(end.entryCount) members, found \(reader.remaining) bytes more"
            )
        }
        let order = extents.indices.sorted { extents[$0].lowerBound < extents[$1].lowerBound }
        for (before, after) in zip(order, order.dropFirst())
        where extents[after].lowerBound < extents[before].upperBound {
            throw BantamError(
                .corruption, tensor: entries[after].name,
                "zip: the member overlaps '\(entries[before].name)'")
        }
        self.entries = entries
    }
}
