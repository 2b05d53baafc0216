/// What a zip archive says of one of its members, checked against the archive's bytes.
struct ZipEntry: Sendable {
    /// How a member is held.
    enum Method: UInt16, Sendable {
        /// As it is.
        case stored = 0
        /// As a raw DEFLATE stream (RFC 1951).
        case deflated = 8
    }

    /// The name, unique in the archive.
    var name: String
    /// How it is held.
    var method: Method
    /// CRC-32 of the member's own bytes.
    var checksum: UInt32
    /// Bytes of the member itself.
    var byteCount: Int
    /// Where its bytes, deflated or not, are in the archive.
    var data: Range<Int>

    /// Whether a name is one a member may have: not empty, and no path that leads out of a folder.
    static func isSafe(name: String) -> Bool {
        let parts = name.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
        }
        return !parts.contains { $0.elementsEqual("..".utf8) } && parts.first?.isEmpty == false
            && !name.utf8.contains(0)
    }
}
