// Why: the header says where everything is, so it has a checksum of its own, which stands in the header.

import BantamCoding

/// The checksum of a header that holds it: XXH3-64 of all bytes before the data section, the length included,
/// with the sixteen digits of the checksum as zeros.
enum HeaderChecksum {
    /// What stands in the header before it is known.
    static let placeholder = String(repeating: "0", count: 16)

    /// Where the sixteen digits are; `nil` unless there is exactly one such place.
    ///
    /// Inside a string of the JSON every quote has a backslash before it, so the pattern can match only a member.
    static func place(in header: [UInt8]) -> Range<Int>? {
        let pattern = Array("\"\(MetadataKey.checksum)\":\"".utf8)
        var found: Range<Int>?
        guard header.count >= pattern.count + 17 else { return nil }
        for start in 0...(header.count - pattern.count - 17) where header[start] == pattern[0] {
            guard header[start..<start + pattern.count].elementsEqual(pattern) else { continue }
            guard found == nil else { return nil }
            found = start + pattern.count..<start + pattern.count + 16
        }
        return found
    }

    /// The checksum of a header whatever its sixteen digits are now.
    static func checksum(of header: [UInt8], digits: Range<Int>) -> Checksum {
        var header = header
        header.replaceSubrange(digits, with: placeholder.utf8)
        return Checksum(of: header)
    }
}

/// The keys of `__metadata__` that are the archive's own.
enum MetadataKey {
    static let prefix = "bantam."
    static let version = "bantam.version"
    static let encodings = "bantam.encodings"
    static let checksums = "bantam.checksums"
    static let checksum = "bantam.checksum"
    /// The name of the array with the source's header, if that cannot be made again from the rest.
    static let header = "bantam.header"

    /// What base the file was made with, if any tensor needs one.
    static let base = "bantam.base"

    static let all = [version, encodings, checksums, checksum, header, base]
}
