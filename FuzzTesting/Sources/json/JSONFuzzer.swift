import Bantam
import FuzzHarness

/// A JSON document, which must come back from its own writing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    return Harness.check {
        let document = try JSON(parsing: bytes)
        let again = try document.encoded().withUnsafeBytes { try JSON(parsing: $0) }
        guard again == document else { fatalError("expected \(document.text), found \(again.text)") }
    }
}
