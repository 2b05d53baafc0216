import Bantam
import FuzzHarness

/// A manifest beside two files of bare numbers, and every tensor it names.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    for name in ["data.bin", "a.bin"] { _ = [UInt8](0..<96).withUnsafeBytes { Harness.file(name, $0) } }
    let path = Harness.file("manifest.json", UnsafeRawBufferPointer(start: start, count: count))
    return Harness.check(naming: path) { try Harness.readAll(RawFile(path)) }
}
