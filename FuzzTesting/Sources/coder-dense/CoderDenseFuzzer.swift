import FuzzHarness

/// A block of the coder `dense`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    CoderBlocks.check("dense", hasKernels: true, start, count, encodingOneOf: 8)
}
