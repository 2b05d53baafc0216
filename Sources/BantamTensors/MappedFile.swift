import Glibc

/// A file mapped into memory for reading.
public final class MappedFile: @unchecked Sendable {
    /// The path as the user gave it.
    public let path: String
    /// The whole file; an empty buffer for an empty file.
    public let bytes: UnsafeRawBufferPointer

    /// Maps the file at `path`.
    ///
    /// - Throws: ``BantamError`` of kind `missingInput` if there is none, `io` if it cannot be read.
    public init(_ path: String) throws {
        self.path = path
        // Without waiting: a manifest or an index may name a pipe that nobody writes to.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw BantamError(
                errno == ENOENT ? .missingInput : .io, file: path, "cannot be opened: \(systemMessage())")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw BantamError(.io, file: path, "cannot be examined: \(systemMessage())")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw BantamError(.io, file: path, "expected a regular file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw BantamError(.io, file: path, "cannot be mapped: \(systemMessage())")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }

    /// Hands the whole pages inside `range` back to the system; reading them again maps them again.
    func letGo(_ range: Range<Int>) {
        guard let start = bytes.baseAddress, range.count >= 1 << 16 else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        guard first < end else { return }
        madvise(UnsafeMutableRawPointer(mutating: start + first), end - first, MADV_DONTNEED)
    }
}
