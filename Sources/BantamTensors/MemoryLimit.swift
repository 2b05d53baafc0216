import Glibc

/// Refuses what could never be held: a few bytes of positions, factors or deflated data can stand for any number
/// of elements, and asking the system for more memory than there is ends the process.
public enum MemoryLimit {
    /// Passes if `count` elements of `width` bytes fit the machine's memory.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` that says how much is needed and how much there is.
    public static func check(_ count: Int, elementsOf width: Int) throws {
        let (pages, pageSize) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        let (memory, unknown) = pages.multipliedReportingOverflow(by: pageSize)
        guard !unknown, memory > 0, count > memory / width else { return }
        throw BantamError(
            .compatibility,
            "expected a tensor that fits \(memory) bytes of memory, found \(count) elements of \(width) bytes"
        )
    }
}
