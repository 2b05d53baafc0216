import FuzzHarness

/// A block of the coder `max`, which is slow, in either of its forms.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    CoderBlocks.check("max", earlier: 9, start, count, limit: 1 << 12, encodingOneOf: 4)
}
