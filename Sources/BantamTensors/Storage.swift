import Glibc

/// Immutable bytes that a tensor stands on: its own memory, or a slice of a mapped file.
///
/// The memory lives as long as the object. When the last user of a mapped slice lets go, its pages are
/// handed back to the system, so that peak memory follows the tensors in flight and not the file.
public final class Storage: @unchecked Sendable {
    /// All the bytes.
    public let bytes: UnsafeRawBufferPointer
    private let owner: Owner

    private enum Owner {
        case heap(UnsafeMutableRawPointer)
        case file(MappedFile, Range<Int>)
    }

    /// Own memory of `byteCount` bytes, 64-byte aligned, filled by `initialize` before anyone sees it.
    ///
    /// Large buffers ask for huge pages, because faulting in small ones costs more than most kernels.
    /// The memory is not zeroed: `initialize` writes every byte.
    public init(
        byteCount: Int, initialize: (UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows {
        let memory = Storage.allocate(byteCount)
        do {
            try initialize(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
        } catch {
            free(memory)
            throw error
        }
        bytes = UnsafeRawBufferPointer(start: memory, count: byteCount)
        owner = .heap(memory)
    }

    /// A slice of a mapped file, copied only if it is not aligned to `alignment` bytes.
    public convenience init(_ file: MappedFile, _ range: Range<Int>, alignment: Int) {
        let slice = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        if Int(bitPattern: slice.baseAddress) % alignment == 0 {
            self.init(mapped: slice, file: file, range: range)
        } else {
            self.init(byteCount: slice.count) { $0.copyMemory(from: slice) }
            file.letGo(range)
        }
    }

    private init(mapped slice: UnsafeRawBufferPointer, file: MappedFile, range: Range<Int>) {
        bytes = slice
        owner = .file(file, range)
    }

    /// Whether these are bytes of a mapped file, which take no memory until they are read.
    public var isMapped: Bool { if case .file = owner { true } else { false } }

    /// Hands the pages under `part` of the bytes back to the system if they are those of a mapped file; whoever
    /// reads them again gets them from the file again. Own memory stays.
    ///
    /// For work that goes through a large tensor once: what lies behind it need not stay in memory.
    public func letGo(of part: UnsafeRawBufferPointer) {
        guard case .file(let file, let range) = owner, let start = bytes.baseAddress,
            let first = part.baseAddress, first >= start, first + part.count <= start + bytes.count
        else { return }
        let offset = range.lowerBound + (first - start)
        file.letGo(offset..<offset + part.count)
    }

    /// Calls `body` with all the bytes, in order, in pieces of whole elements, and lets go of each after it.
    public func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        let length = 1 << 20
        var offset = 0
        while offset < bytes.count {
            let piece = UnsafeRawBufferPointer(
                rebasing: bytes[offset..<min(offset + length, bytes.count)])
            try body(piece)
            letGo(of: piece)
            offset += piece.count
        }
        withExtendedLifetime(self) {}
    }

    deinit {
        switch owner {
        case .heap(let memory): free(memory)
        case .file(let file, let range): file.letGo(range)
        }
    }

    /// The bytes of a page that large storage has whole ones of.
    package static let hugePageByteCount = 2 << 20

    private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let hugePage = hugePageByteCount
        let isLarge = byteCount >= 2 * hugePage
        // Whole huge pages, because the rest of one would be faulted in by hundreds of small ones.
        let room = isLarge ? (byteCount + hugePage - 1) / hugePage * hugePage : max(byteCount, 1)
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, isLarge ? hugePage : 64, room) == 0, let memory else {
            preconditionFailure("out of memory: \(byteCount) bytes")
        }
        if isLarge { madvise(memory, room, 14 /* MADV_HUGEPAGE */) }
        return memory
    }
}
