/// Buffers that layers hand each other, so that a batch after the first allocates and faults in nothing.
///
/// One thread uses a workspace at a time. It owns all its buffers, the given and the taken.
final class Workspace {
    private var buffers: [UnsafeMutableBufferPointer<Float>] = []
    private var isTaken: [Bool] = []

    /// A buffer of `count` elements of any value, 64-byte aligned.
    func take(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
        let fitting = buffers.indices.filter { !isTaken[$0] && buffers[$0].count >= count }
        if let index = fitting.min(by: { buffers[$0].count < buffers[$1].count }) {
            isTaken[index] = true
            return UnsafeMutableBufferPointer(rebasing: buffers[index][..<count])
        }
        let capacity = max(count, 16)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
        let buffer = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Float.self, capacity: capacity), count: capacity)
        buffers.append(buffer)
        isTaken.append(true)
        return UnsafeMutableBufferPointer(rebasing: buffer[..<count])
    }

    /// Takes back a buffer for the next use.
    func give(_ buffer: UnsafeMutableBufferPointer<Float>) {
        guard let index = buffers.firstIndex(where: { $0.baseAddress == buffer.baseAddress }) else { return }
        isTaken[index] = false
    }

    deinit {
        for buffer in buffers { UnsafeMutableRawPointer(buffer.baseAddress)?.deallocate() }
    }
}
