// Why: everything in a compressed file is under a checksum, most of it under two. Here they are made to fit, so
// that what the fuzzer changed is believed and the code behind the checks is reached.

import Bantam
import FuzzHarness

/// The checksums of a compressed file.
enum Checksums {
    /// Writes the input to a file, with the checksums of its arrays and its header put right if it has a header.
    static func write(_ bytes: inout [UInt8]) -> String {
        let name = "input.safetensors"
        let path = bytes.withUnsafeBytes { Harness.file(name, $0) }
        guard let file = try? SafetensorsFile(path) else { return path }
        let order = file.header.items.indices.sorted {
            let (a, b) = (file.header.items[$0].range, file.header.items[$1].range)
            return (a.lowerBound, a.upperBound, $0) < (b.lowerBound, b.upperBound, $1)
        }
        let values = order.flatMap { index in
            let range = file.header.items[index].range
            let array = bytes[file.dataStart + range.lowerBound..<file.dataStart + range.upperBound]
            return (0..<8).map {
                UInt8(truncatingIfNeeded: Checksum(of: Array(array)).value >> UInt64(8 * $0))
            }
        }
        var header = Array(bytes[..<file.dataStart])
        replaceValue(of: "bantam.checksums", in: &header, by: base64(values))
        replaceValue(of: "bantam.checksum", in: &header, by: Array(repeating: UInt8(ascii: "0"), count: 16))
        setLength(of: &header)
        let checksum = Checksum(of: header).description
        replaceValue(of: "bantam.checksum", in: &header, by: Array(checksum.utf8))
        bytes = header + bytes[file.dataStart...]
        return bytes.withUnsafeBytes { Harness.file(name, $0) }
    }

    /// Puts right one checksum that only decoding can tell: of a tensor, or inside a coded array.
    ///
    /// - Returns: whether there was one.
    static func repairContent(of path: String, _ bytes: inout [UInt8]) -> Bool {
        func numbers(_ words: String) -> (expected: UInt64, found: UInt64)? {
            Repair.numbers(after: words) {
                let file = try ZeroBase.open(path)
                for (index, entry) in file.entries.enumerated()
                where entry.byteCount <= 1 << 24 && entry.shape.elementCount <= 1 << 22 {
                    _ = try file.tensor(at: index)
                }
            }
        }
        if let (expected, found) = numbers("expected a base of checksum ") {
            bytes.replace(
                Array(Checksum(value: found).description.utf8),
                by: Array(Checksum(value: expected).description.utf8))
            return true
        }
        if let (expected, found) =
            numbers("expected values of checksum ") ?? numbers("with values of checksum ")
        {
            bytes.replace(
                Array(Checksum(value: expected).description.utf8),
                by: Array(Checksum(value: found).description.utf8))
            return true
        }
        if let (expected, found) = numbers("coded array: expected checksum ") {
            if max(expected, found) >> 32 == 0 {
                bytes.replace(UInt32(expected), by: UInt32(found))
            } else {
                bytes.replace(expected, by: found)
            }
            return true
        }
        return false
    }

    /// Writes the length of a header before it.
    static func setLength(of header: inout [UInt8]) {
        let length = UInt64(header.count - 8)
        for index in 0..<8 { header[index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index)) }
    }

    /// Replaces the text of a member of the metadata, if it stands there once as the writer writes it.
    private static func replaceValue(of key: String, in header: inout [UInt8], by text: [UInt8]) {
        let pattern = Array("\"\(key)\":\"".utf8)
        guard let start = header.firstRange(of: pattern)?.upperBound,
            let end = header[start...].firstIndex(of: UInt8(ascii: "\""))
        else { return }
        header.replaceSubrange(start..<end, with: text)
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return stride(from: 0, to: bytes.count, by: 3).flatMap { start in
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            return (0..<4).map { $0 > group.count ? UInt8(ascii: "=") : digits[bits >> (18 - 6 * $0) & 63] }
        }
    }
}
