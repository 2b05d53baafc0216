import BantamTensors
import Glibc

/// What there is to see of an input before it is opened: how it is named and how it begins.
struct FileProbe {
    let path: String
    let isFolder: Bool
    /// The first bytes, at most ``headLength``; empty for a folder.
    let head: [UInt8]
    /// The number of bytes; 0 for a folder.
    let byteCount: Int

    static let headLength = 16

    /// - Throws: ``BantamError`` of kind `missingInput` if nothing is at `path`, `io` if it cannot be read.
    init(_ path: String) throws {
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
        self.path = path
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        guard isFolder || status.st_mode & S_IFMT == S_IFREG else {
            throw BantamError(.io, file: path, "expected a regular file or a folder")
        }
        byteCount = isFolder ? 0 : Int(status.st_size)
        var bytes = [UInt8](repeating: 0, count: isFolder ? 0 : FileProbe.headLength)
        if !isFolder {
            let count = pread(descriptor, &bytes, bytes.count, 0)
            guard count >= 0 else { throw BantamError(.io, file: path, "cannot be read: \(systemMessage())") }
            bytes.removeLast(bytes.count - count)
        }
        head = bytes
    }

    /// Whether the file begins with the bytes of `text`.
    func begins(with bytes: [UInt8]) -> Bool { head.starts(with: bytes) }

    /// Whether the path ends in `suffix`, in whatever case.
    func isNamed(_ suffix: String) -> Bool { path.lowercased().hasSuffix(suffix) }
}
