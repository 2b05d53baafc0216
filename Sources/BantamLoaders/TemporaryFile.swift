import BantamTensors
import CBantamKernels
import Glibc
import Synchronization

/// A file being written that has no place yet among the user's files.
///
/// Where the file system can, it has no name at all (`O_TMPFILE`), so that even a killed process leaves
/// nothing. Elsewhere it has a hidden name beside the final one, which goes when this object goes.
final class TemporaryFile: Sendable {
    /// For messages: the file this one is meant to become.
    let destination: String
    let descriptor: Int32
    private let hiddenName: Mutex<String?>

    /// A new, empty file in the folder of `destination`, which is what makes the final step a mere renaming.
    ///
    /// - Parameter unnamed: `false` skips the attempt to do without a name.
    /// - Throws: ``BantamError`` of kind `cannotCreate`.
    init(beside destination: String, unnamed: Bool = true) throws {
        self.destination = destination
        let folder = OutputPath.folder(of: destination)
        // O_TMPFILE is a macro that Swift does not import: this bit together with O_DIRECTORY.
        let temporaryFileFlag: Int32 = 0o20_000_000 | O_DIRECTORY
        if unnamed {
            let descriptor = open(folder, temporaryFileFlag | O_RDWR | O_CLOEXEC, 0o666)
            // The name is given through /proc: where that is not mounted it would fail at the very end.
            if descriptor >= 0, access("/proc/self/fd/\(descriptor)", F_OK) == 0 {
                self.descriptor = descriptor
                hiddenName = Mutex(nil)
                return
            }
            if descriptor >= 0 { close(descriptor) }
        }
        for _ in 0..<100 {
            let name = OutputPath.hiddenName(beside: destination)
            let descriptor = open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o666)
            if descriptor >= 0 {
                self.descriptor = descriptor
                hiddenName = Mutex(name)
                return
            }
            guard errno == EEXIST else { break }
        }
        throw BantamError(.cannotCreate, file: destination, "cannot be created: \(systemMessage())")
    }

    deinit {
        discardName()
        close(descriptor)
    }

    /// A path that leads to the file as long as this object lives.
    var readablePath: String { hiddenName.withLock { $0 } ?? "/proc/self/fd/\(descriptor)" }

    /// Writes all of `bytes` at `offset`. Safe from several threads for ranges that do not overlap.
    ///
    /// - Throws: ``BantamError`` of kind `io`, on a full disk for one.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                throw BantamError(.io, file: destination, "cannot be written: \(systemMessage())")
            }
            done += written
        }
    }

    /// Sets blocks aside on disk: writing into them takes half the time of writing where there are none.
    func allocate(_ byteCount: Int) {
        if byteCount > 0 { _ = bantam_file_allocate(descriptor, Int64(byteCount)) }
    }

    /// Fills `buffer` with bytes that were written at `offset`.
    ///
    /// - Throws: ``BantamError`` of kind `io`.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw BantamError(.io, file: destination, "cannot be read back: \(systemMessage())")
            }
            done += count
        }
    }

    /// Cuts the file off, or makes it longer by zeros.
    ///
    /// - Throws: ``BantamError`` of kind `io`.
    func resize(_ byteCount: Int) throws {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
            throw BantamError(.io, file: destination, "cannot be resized: \(systemMessage())")
        }
    }

    /// Gives the file its name, after its bytes have reached the disk.
    ///
    /// - Parameter replacing: whether a file that has the name already gives way. That is one step for anyone
    ///   who looks: the name leads to the old file or to the new one.
    /// - Throws: ``BantamError``: `io` if the bytes cannot be synced, `cannotCreate` if the name cannot be had.
    func publish(as path: String, replacing: Bool) throws {
        guard fsync(descriptor) == 0 else {
            throw BantamError(.io, file: destination, "cannot be written: \(systemMessage())")
        }
        if !replacing {
            guard linked(as: path) else { throw OutputPath.refusal(path) }
            discardName()
        } else {
            let name = try hidden(beside: path)
            guard rename(name, path) == 0 else { throw OutputPath.refusal(path) }
            hiddenName.withLock { $0 = nil }
        }
    }

    /// Gives up the hidden name, if there is one; the bytes stay until the object goes.
    func discardName() {
        hiddenName.withLock {
            if let name = $0 { unlink(name) }
            $0 = nil
        }
    }

    /// A name to rename from: what replaces a file has to be a file with a name.
    private func hidden(beside path: String) throws -> String {
        if let name = hiddenName.withLock({ $0 }) { return name }
        let name = OutputPath.hiddenName(beside: path)
        guard linked(as: name) else { throw OutputPath.refusal(path) }
        hiddenName.withLock { $0 = name }
        return name
    }

    /// Adds the name `path` unless something has it already.
    private func linked(as path: String) -> Bool {
        guard let name = hiddenName.withLock({ $0 }) else {
            return linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
        }
        if link(name, path) == 0 { return true }
        // Some file systems have no second names: there the look and the renaming are two steps.
        guard errno == EPERM || errno == EOPNOTSUPP, !OutputPath.exists(path) else { return false }
        guard rename(name, path) == 0 else { return false }
        hiddenName.withLock { $0 = nil }
        return true
    }
}
