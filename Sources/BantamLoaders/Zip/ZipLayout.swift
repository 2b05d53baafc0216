// A zip archive of stored members is laid out before any of them is there, so that several threads can
// write them. No time stamps, no system's attributes: the same tensors give the same bytes.

import BantamTensors

/// Where the members of a zip archive go and what stands around them.
struct ZipLayout {
    /// A member and its place.
    struct Member {
        var name: [UInt8]
        var byteCount: Int
        var headerOffset: Int
        var dataOffset: Int
    }

    /// The members in their order.
    private(set) var members: [Member] = []
    /// Numbers from here on stand in 64-bit fields; lowered by tests.
    private let zip64Limit: Int
    /// Every member's data begins at a multiple of this many bytes.
    private static let alignment = 64

    /// An empty archive.
    init(zip64Limit: Int = Int(UInt32.max)) { self.zip64Limit = zip64Limit }

    /// The end of the last member, where the directory goes.
    var directoryOffset: Int { members.last.map { $0.dataOffset + $0.byteCount } ?? 0 }

    /// Adds a member.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if a zip archive cannot have this name or size.
    mutating func append(_ name: String, byteCount: Int) throws {
        guard ZipEntry.isSafe(name: name), let short = UInt16(exactly: name.utf8.count) else {
            throw BantamError(
                .compatibility, "the name cannot stand in a zip archive; write a .safetensors file instead")
        }
        let start = directoryOffset
        // The alignment field takes 6 bytes without its padding.
        let header = 30 + Int(short) + (byteCount >= zip64Limit ? 20 : 0) + 6
        let padding = (ZipLayout.alignment - (start + header) % ZipLayout.alignment) % ZipLayout.alignment
        let data = start + header + padding
        guard !data.addingReportingOverflow(byteCount).overflow, data < Int.max / 2 else {
            throw BantamError(.compatibility, "the archive would have more bytes than can be counted")
        }
        members.append(
            Member(name: Array(name.utf8), byteCount: byteCount, headerOffset: start, dataOffset: data))
    }

    /// Everything from a member's `headerOffset` to its `dataOffset`.
    func localHeader(of index: Int, checksum: UInt32) -> [UInt8] {
        let member = members[index]
        let isLong = member.byteCount >= zip64Limit
        let zip64 = isLong ? field(1, [member.byteCount, member.byteCount]) : []
        let fixed = 30 + member.name.count + zip64.count + 6
        let padding = member.dataOffset - member.headerOffset - fixed
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(0x0403_4b50))
        appendCommon(of: member, isLong: isLong, checksum: checksum, to: &bytes)
        bytes.append(littleEndian: UInt16(zip64.count + 6 + padding))
        bytes += member.name + zip64
        // The alignment field of Android's zipalign: the alignment, then padding.
        bytes.append(littleEndian: UInt16(0xd935))
        bytes.append(littleEndian: UInt16(2 + padding))
        bytes.append(littleEndian: UInt16(ZipLayout.alignment))
        return bytes + [UInt8](repeating: 0, count: padding)
    }

    /// Everything behind the last member.
    func directory(checksums: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (member, checksum) in zip(members, checksums) {
            let isLong = member.byteCount >= zip64Limit
            let isFar = member.headerOffset >= zip64Limit
            let long =
                (isLong ? [member.byteCount, member.byteCount] : []) + (isFar ? [member.headerOffset] : [])
            let zip64 = long.isEmpty ? [] : field(1, long)
            bytes.append(littleEndian: UInt32(0x0201_4b50))
            bytes.append(littleEndian: version(!long.isEmpty))
            appendCommon(of: member, isLong: isLong, checksum: checksum, to: &bytes, isFar: isFar)
            bytes.append(littleEndian: UInt16(zip64.count))
            // No comment, first disk, no attributes.
            bytes += [UInt8](repeating: 0, count: 10)
            bytes.append(littleEndian: short(member.headerOffset))
            bytes += member.name + zip64
        }
        let size = bytes.count
        let count = members.count
        if count >= min(zip64Limit, Int(UInt16.max)) || size >= zip64Limit || directoryOffset >= zip64Limit {
            bytes.append(littleEndian: UInt32(0x0606_4b50))
            bytes.append(littleEndian: UInt64(44))
            bytes.append(littleEndian: version(true))
            bytes.append(littleEndian: version(true))
            bytes += [UInt8](repeating: 0, count: 8)
            for number in [count, count, size, directoryOffset] {
                bytes.append(littleEndian: UInt64(number))
            }
            bytes.append(littleEndian: UInt32(0x0706_4b50))
            bytes.append(littleEndian: UInt32(0))
            bytes.append(littleEndian: UInt64(directoryOffset + size))
            bytes.append(littleEndian: UInt32(1))
        }
        bytes.append(littleEndian: UInt32(0x0605_4b50))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt16(clamping: count))
        bytes.append(littleEndian: UInt16(clamping: count))
        bytes.append(littleEndian: short(size))
        bytes.append(littleEndian: short(directoryOffset))
        bytes.append(littleEndian: UInt16(0))
        return bytes
    }

    /// What both headers of a member have: from the version needed to the length of the name.
    private func appendCommon(
        of member: Member, isLong: Bool, checksum: UInt32, to bytes: inout [UInt8], isFar: Bool = false
    ) {
        bytes.append(littleEndian: version(isLong || isFar))
        // Names in UTF-8 say so, ASCII ones need not.
        bytes.append(littleEndian: UInt16(member.name.allSatisfy { $0 < 128 } ? 0 : 1 << 11))
        bytes.append(littleEndian: ZipEntry.Method.stored.rawValue)
        bytes.append(littleEndian: UInt16(0))
        // 1 January 1980, the first day zip can tell.
        bytes.append(littleEndian: UInt16(1 << 5 | 1))
        bytes.append(littleEndian: checksum)
        bytes.append(littleEndian: short(member.byteCount))
        bytes.append(littleEndian: short(member.byteCount))
        bytes.append(littleEndian: UInt16(member.name.count))
    }

    private func field(_ kind: UInt16, _ numbers: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: kind)
        bytes.append(littleEndian: UInt16(numbers.count * 8))
        for number in numbers { bytes.append(littleEndian: UInt64(number)) }
        return bytes
    }

    /// A number, or all ones if it stands in a zip64 field.
    private func short(_ number: Int) -> UInt32 { number >= zip64Limit ? .max : UInt32(number) }

    private func version(_ isZip64: Bool) -> UInt16 { isZip64 ? 45 : 20 }
}
