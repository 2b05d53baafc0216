import BantamTensors
import Glibc

/// What a path of an output means on the file system.
enum OutputPath {
    /// The folder that a file stands in.
    static func folder(of path: String) -> String {
        let path = withoutTrailingSlashes(path)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component.
    static func name(of path: String) -> String {
        let path = withoutTrailingSlashes(path)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// The path without the slashes at its end; `/` stays.
    static func withoutTrailingSlashes(_ path: String) -> String {
        var path = Substring(path)
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return String(path)
    }

    /// A name in the same folder that is hidden and that nobody else has.
    static func hiddenName(beside path: String) -> String {
        // Short, so that a long final name does not push it over the limit of 255 bytes.
        folder(of: path) + "/.bantam-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Whether anything has this name, a dangling link included.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether this is the name of a folder, or of a link to one.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The error for the last failed attempt to give an output its name.
    static func refusal(_ path: String) -> BantamError {
        if errno == EEXIST || errno == ENOTEMPTY { return alreadyExists(path) }
        return BantamError(.cannotCreate, file: path, "cannot be created: \(systemMessage())")
    }

    static func alreadyExists(_ path: String) -> BantamError {
        BantamError(.cannotCreate, file: path, "already exists")
    }

    /// Where the output of `path` really goes: a link that leads to a file stays, and the file is replaced.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate` if something is there and is not to be replaced or is not
    ///   a regular file, or if the path names no file.
    static func resolved(_ path: String, overwriting: Bool) throws -> String {
        guard !path.isEmpty, path.utf8.last != UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw BantamError(.cannotCreate, file: path, "expected the name of a file")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw refusal(path) }
            return path
        }
        guard overwriting else { throw alreadyExists(path) }
        guard stat(path, &status) == 0, let real = realpath(path, nil) else { throw refusal(path) }
        defer { free(real) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw BantamError(.cannotCreate, file: path, "already exists and is not a regular file")
        }
        return String(cString: real)
    }

    /// Makes the names in a folder last through a loss of power. File systems that cannot are let be.
    static func sync(folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
