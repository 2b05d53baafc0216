import FuzzHarness

/// A block of the coder `fast`, at every level of its kernels.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    CoderBlocks.check("fast", hasKernels: true, start, count, encodingOneOf: 4)
}
