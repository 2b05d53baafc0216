import BantamTensors
import Glibc

/// A folder of files that appears under its name only when all of them are whole.
///
/// The files have no names while they are written, where the file system can do that; only ``commit()``
/// collects them in a hidden folder beside the final one and renames that, in a few system calls.
public final class OutputFolder {
    /// The path as the user gave it.
    public let path: String
    private let finalPath: String
    private let overwriting: Bool
    private let replaceable: @Sendable (String) -> Bool
    private var files: [(name: String, file: TemporaryFile)] = []

    /// Begins a folder that is to have the name `path`.
    ///
    /// - Parameters:
    ///   - path: the folder's path, with or without a slash at its end.
    ///   - overwriting: whether an existing folder is replaced.
    ///   - replaceable: the names of files that may be lost with a replaced folder. A folder with anything else in
    ///     it is refused, so that a mistyped path costs nobody their home.
    /// - Throws: ``BantamError`` of kind `cannotCreate` if `path` exists and is not to be replaced.
    public init(
        _ path: String, overwriting: Bool, replaceable: @escaping @Sendable (String) -> Bool
    ) throws {
        self.path = path
        self.overwriting = overwriting
        self.replaceable = replaceable
        finalPath = OutputPath.withoutTrailingSlashes(path)
        guard !finalPath.isEmpty, !finalPath.utf8.contains(0) else {
            throw BantamError(.cannotCreate, file: path, "expected the name of a folder")
        }
        if OutputPath.exists(finalPath) { try checkReplaceable() }
    }

    /// Where a file of the folder will be.
    public func path(of name: String) -> String { finalPath + "/" + name }

    /// Begins a file of the folder.
    ///
    /// - Parameter name: a plain name, no path, used once.
    /// - Throws: ``BantamError`` of kind `cannotCreate`.
    public func file(_ name: String) throws -> OutputFile {
        precondition(
            !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/"))
                && !files.contains { $0.name == name })
        let file: TemporaryFile
        do { file = try TemporaryFile(beside: finalPath) } catch var error as BantamError {
            error.file = path
            throw error
        }
        files.append((name, file))
        return OutputFile(path(of: name), in: file)
    }

    /// Syncs all files and gives the folder its name.
    ///
    /// A folder that is replaced steps aside first: between two renamings neither is there. A process that is
    /// killed at just that moment leaves both under hidden names.
    ///
    /// - Throws: ``BantamError``: `io` if the bytes do not reach the disk, `cannotCreate` if the name cannot be
    ///   had.
    public func commit() throws {
        let new = OutputPath.hiddenName(beside: finalPath)
        guard mkdir(new, 0o777) == 0 else { throw OutputPath.refusal(path) }
        do {
            for (name, file) in files { try file.publish(as: new + "/" + name, replacing: false) }
            OutputPath.sync(folder: new)
            try takeName(new)
        } catch {
            removeFolder(new)
            throw error
        }
        OutputPath.sync(folder: OutputPath.folder(of: finalPath))
    }

    private func takeName(_ new: String) throws {
        guard overwriting, OutputPath.exists(finalPath) else {
            // An empty folder gives way to a renamed one, anything else does not.
            guard rename(new, finalPath) == 0 else { throw OutputPath.refusal(path) }
            return
        }
        try checkReplaceable()
        let old = OutputPath.hiddenName(beside: finalPath)
        guard rename(finalPath, old) == 0 else { throw OutputPath.refusal(path) }
        guard rename(new, finalPath) == 0 else {
            let error = OutputPath.refusal(path)
            rename(old, finalPath)
            throw error
        }
        removeFolder(old)
    }

    private func checkReplaceable() throws {
        guard overwriting else { throw OutputPath.alreadyExists(path) }
        var status = stat()
        guard lstat(finalPath, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw BantamError(.cannotCreate, file: path, "already exists and is not a folder")
        }
        for name in FolderListing.names(in: finalPath) ?? [] {
            guard lstat(finalPath + "/" + name, &status) == 0, status.st_mode & S_IFMT != S_IFDIR,
                replaceable(name)
            else {
                throw BantamError(
                    .cannotCreate, file: path,
                    "already exists and is not replaced, because it also contains '\(name)'")
            }
        }
    }

    private func removeFolder(_ folder: String) {
        for name in FolderListing.names(in: folder) ?? [] { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}
