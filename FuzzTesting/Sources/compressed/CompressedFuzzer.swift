import Bantam
import FuzzHarness

/// A compressed file: opened, every tensor as it is held and decoded, and the whole verified.
///
/// The input is repaired before: see ``Checksums``. What the reader is given stands in the harness's folder. Its length
/// decides on the level of the kernels.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    var bytes = Array(UnsafeRawBufferPointer(start: start, count: count))
    var path = Checksums.write(&bytes)
    for _ in 0..<8 {
        guard Checksums.repairContent(of: path, &bytes) else { break }
        path = Checksums.write(&bytes)
    }
    return Levels.at(Int32(count) % (Levels.top + 1)) { Harness.check(naming: path) { try read(path) } }
}

/// Reads everything that is not out of proportion by the format's own rule: a file may stand for 2^20 times its size,
/// but for what a base has in full.
private func read(_ path: String) throws {
    let file = try ZeroBase.open(path)
    for (index, entry) in file.entries.enumerated() {
        guard
            file.storage(at: index).encoding == "same as base" || entry.byteCount >> 20 <= file.fileByteCount
        else {
            fatalError("expected a tensor in proportion, found \(entry)")
        }
        _ = file.storage(at: index)
        guard entry.byteCount <= 1 << 24, entry.shape.elementCount <= 1 << 22 else { continue }
        let encoding = try file.encoding(at: index)
        guard encoding.shape == entry.shape else { fatalError("expected \(entry), found \(encoding.shape)") }
        Harness.touch(try file.tensor(at: index))
    }
    guard file.entries.allSatisfy({ $0.byteCount <= 1 << 24 && $0.shape.elementCount <= 1 << 22 }) else {
        return
    }
    try file.verify(workers: .one)
    try CompressedFile(path).verify(workers: .one)
}
