import Bantam
import FuzzHarness
import Glibc

/// A losslessly coded array: its header, its table of blocks, and the blocks.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    return Harness.check {
        let header = try CodedArray.checkStructure(of: bytes)
        guard header.rawByteCount >> 16 <= bytes.count else {
            fatalError("expected a claim in proportion, found \(header.rawByteCount) bytes in \(bytes.count)")
        }
        let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: header.rawByteCount, alignment: 64)
        defer { raw.deallocate() }
        try CodedArray.decode(bytes, of: header.dtype, into: raw, workers: .one)
    }
}
