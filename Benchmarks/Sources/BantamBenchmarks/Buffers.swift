import Bantam
import Glibc

// Memory for the benchmarks: touched before it is timed, so that page faults are not part of a figure.

/// `count` elements in huge pages where the system grants them; never freed, a benchmark ends with its process.
func buffer<Element: BitwiseCopyable>(of count: Int, filledWith value: Element) -> UnsafeMutableBufferPointer<
    Element
> {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 2 << 20, bytes) == 0, let memory else { fatalError("out of memory") }
    madvise(memory, bytes, 14 /* MADV_HUGEPAGE */)
    let result = UnsafeMutableBufferPointer(
        start: memory.bindMemory(to: Element.self, capacity: count), count: count)
    result.initialize(repeating: value)
    return result
}

/// Numbers around zero whose magnitudes are spread like those of trained weights: sums of four uniform ones.
func weights(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let result = buffer(of: count, filledWith: Float(0))
    var state: UInt64 = 1
    for index in 0..<count {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        bits ^= bits >> 31
        var sum: Float = 0
        for lane in 0..<4 {
            sum += Float(Int16(truncatingIfNeeded: bits >> UInt64(lane * 16))) + Float(bits & 0xfff) * 0x1p-12
        }
        result[index] = sum * 0x1p-20
    }
    return result
}
