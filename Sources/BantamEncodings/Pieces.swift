/// A count cut into runs of equal length, the last one perhaps shorter: work for threads whose borders depend
/// on its size alone.
struct Pieces: Sendable {
    private let total: Int
    private let length: Int

    init(of total: Int, each length: Int) {
        self.total = total
        self.length = length
    }

    var count: Int { total / length + (total % length == 0 ? 0 : 1) }

    subscript(piece: Int) -> Range<Int> {
        let start = piece * length
        return start..<start + min(length, total - start)
    }
}

/// Bytes that pieces of work read; whoever makes it keeps the owner alive.
struct SharedBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
}

/// Memory that pieces of work write, each its own part.
struct Shared: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }

    func elements<Element>(_: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
        pointer.assumingMemoryBound(to: Element.self)
    }
}
