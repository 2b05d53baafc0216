import Bantam
import FuzzHarness

/// The directory, the headers and the arrays of an npz file.
///
/// An input with a wrong CRC-32 would never get further, so it is repaired: the reader says which number it
/// expected and which one it found, and the one is written in place of the other.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    var bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    var path = bytes.withUnsafeBytes { Harness.file("input.npz", $0) }
    for _ in 0..<8 {
        guard let (expected, found) = Repair.numbers(of: path, "expected CRC-32 ") else { break }
        bytes.replace(UInt32(truncatingIfNeeded: expected), by: UInt32(truncatingIfNeeded: found))
        path = bytes.withUnsafeBytes { Harness.file("input.npz", $0) }
    }
    return Harness.check(naming: path) { try Harness.readAll(NpzFile(path)) }
}

extension Repair {
    fileprivate static func numbers(of path: String, _ words: String) -> (UInt64, UInt64)? {
        numbers(after: words) { try Harness.readAll(NpzFile(path)) }
    }
}
