import FuzzHarness

/// A block of the coder `max`, which is slow.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    CoderBlocks.check("max", start, count, limit: 1 << 12, encodingOneOf: 4)
}
