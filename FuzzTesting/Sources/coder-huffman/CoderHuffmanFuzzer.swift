import FuzzHarness

/// A block of the coder `huffman`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    CoderBlocks.check("huffman", start, count)
}
