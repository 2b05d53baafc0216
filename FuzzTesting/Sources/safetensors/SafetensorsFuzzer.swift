import Bantam
import FuzzHarness

/// The header and every tensor of a safetensors file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let path = Harness.file("input.safetensors", UnsafeRawBufferPointer(start: start, count: count))
    return Harness.check(naming: path) { try Harness.readAll(SafetensorsFile(path)) }
}
