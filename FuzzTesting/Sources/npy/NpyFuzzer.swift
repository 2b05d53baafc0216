import Bantam
import FuzzHarness

/// The header and the array of an npy file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let path = Harness.file("input.npy", UnsafeRawBufferPointer(start: start, count: count))
    return Harness.check(naming: path) { try Harness.readAll(NpyFile(path)) }
}
