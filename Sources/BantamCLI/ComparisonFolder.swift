import Bantam
import Foundation

/// The folder of a comparison: filled under a hidden name beside the final one, and renamed when all is there.
final class ComparisonFolder {
    private let path: String
    private let hidden: String
    private let isNew: Bool
    private var isCommitted = false

    /// Begins a folder that will be called `path`.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate` if something of that name exists, unless it is a folder
    ///   and `overwriting`: then its files of the same names are replaced and others stay.
    init(_ path: String, overwriting: Bool) throws {
        let url = URL(fileURLWithPath: path)
        self.path = url.path
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        guard !exists || (isFolder.boolValue && overwriting) else {
            throw BantamError(.cannotCreate, file: path, "already exists; --force replaces it")
        }
        isNew = !exists
        let parent = url.deletingLastPathComponent()
        hidden = parent.appendingPathComponent(".\(url.lastPathComponent).\(getpid())").path
        do {
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: hidden, withIntermediateDirectories: false)
        } catch {
            throw BantamError(.cannotCreate, file: path, "the folder cannot be created")
        }
    }

    deinit { if !isCommitted { try? FileManager.default.removeItem(atPath: hidden) } }

    /// Where a file is written until the folder gets its name.
    func path(_ name: String) -> String { hidden + "/" + name }

    /// Where it will be.
    func finalPath(_ name: String) -> String { path + "/" + name }

    /// Gives the folder its name.
    func commit() throws {
        guard !isNew else {
            guard rename(hidden, path) == 0 else {
                throw BantamError(.cannotCreate, file: path, "cannot be created: \(systemMessage())")
            }
            isCommitted = true
            return
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: hidden) {
            guard rename(path(name), finalPath(name)) == 0 else {
                throw BantamError(
                    .cannotCreate, file: finalPath(name), "cannot be replaced: \(systemMessage())")
            }
        }
    }
}
