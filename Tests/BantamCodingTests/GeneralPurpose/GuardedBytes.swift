import Glibc

/// Bytes that end where memory ends: reading or writing the one after them stops the test run.
final class GuardedBytes {
    let bytes: UnsafeMutableRawBufferPointer
    private let pages: UnsafeMutableRawPointer
    private let pagesByteCount: Int

    /// So many bytes, all 0xa5.
    init(count: Int) {
        let page = Int(getpagesize())
        let body = (count + page - 1) / page * page
        pagesByteCount = body + page
        let mapped = mmap(nil, pagesByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED, mprotect(mapped + body, page, PROT_NONE) == 0 else {
            fatalError("cannot map \(pagesByteCount) bytes")
        }
        pages = mapped
        memset(mapped, 0xa5, body)
        bytes = UnsafeMutableRawBufferPointer(start: mapped + (body - count), count: count)
    }

    /// A copy of `content`.
    convenience init(_ content: some Collection<UInt8>) {
        self.init(count: content.count)
        bytes.copyBytes(from: content)
    }

    /// Whether what stands before the bytes is as it was.
    var isUntouchedBefore: Bool {
        guard let start = bytes.baseAddress else { return true }
        let before = start - pages
        // Equal to itself one byte on, and the first as it was.
        return before == 0
            || (pages.load(as: UInt8.self) == 0xa5 && memcmp(pages, pages + 1, before - 1) == 0)
    }

    deinit { munmap(pages, pagesByteCount) }
}
