// Why: asking the system for more memory than there is ends the process; asking first gives an error instead.

import Glibc

/// The bytes of memory of this machine.
func physicalMemory() -> Int {
    let (pages, pageByteCount) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    guard pages > 0, pageByteCount > 0 else { return .max }
    let (bytes, overflow) = Int(pages).multipliedReportingOverflow(by: Int(pageByteCount))
    return overflow ? .max : bytes
}
