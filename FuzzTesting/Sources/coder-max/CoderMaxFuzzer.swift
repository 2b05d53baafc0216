import FuzzHarness

/// A block of the coder `max`, which is slow, in its first and its last form.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    CoderBlocks.check("max", earlier: 9, start, count, limit: 1 << 12, encodingOneOf: 4)
}
