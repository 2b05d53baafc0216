import Bantam
import FuzzHarness

/// The text of `--raw`, and a file of 64 bytes read by it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    return Harness.check {
        let layout = try RawLayout(parsing: text)
        let path = [UInt8](0..<64).withUnsafeBytes { Harness.file("input.bin", $0) }
        try Harness.readAll(RawFile(path, layout: layout))
    }
}
