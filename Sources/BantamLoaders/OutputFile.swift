import BantamTensors
import Synchronization

/// A file that appears under its name only when it is whole.
///
/// The bytes are written beside the final name, synced, and then given the name. Until ``commit()`` whatever
/// had the name before is untouched; an object that goes without it leaves nothing behind. On Linux file
/// systems that can do so the bytes have no name meanwhile, so that not even a killed process leaves a file.
///
///     let output = try OutputFile("model.safetensors", overwriting: false)
///     try output.write(header)
///     try output.write(data)
///     try output.commit()
public final class OutputFile: Sendable {
    /// The path as the user gave it.
    public let path: String
    let file: TemporaryFile
    private let destination: Destination
    private let end = Atomic(0)

    /// What gives the file its name.
    private enum Destination {
        case path(String, overwriting: Bool)
        /// The folder it belongs to does, when that is committed.
        case folder
        /// Nothing does: it goes with its object.
        case none
    }

    /// Begins a file that is to have the name `path`.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate` if `path` exists and is not to be overwritten, or if its
    ///   folder does not exist or cannot be written to.
    public convenience init(_ path: String, overwriting: Bool) throws {
        try self.init(path, overwriting: overwriting, unnamed: true)
    }

    /// `unnamed: false` works as on a file system without unnamed files.
    init(_ path: String, overwriting: Bool, unnamed: Bool) throws {
        self.path = path
        let finalPath = try OutputPath.resolved(path, overwriting: overwriting)
        destination = .path(finalPath, overwriting: overwriting)
        do {
            file = try TemporaryFile(beside: finalPath, unnamed: unnamed)
        } catch var error as BantamError {
            error.file = path
            throw error
        }
    }

    /// A file of a folder, which names it.
    init(_ path: String, in folder: TemporaryFile) {
        self.path = path
        file = folder
        destination = .folder
    }

    /// A file that never gets a name, in the folder where `path` would be: to try what would be written there.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate`.
    public init(neverNamedBeside path: String) throws {
        self.path = path
        destination = .none
        do {
            file = try TemporaryFile(beside: path)
        } catch var error as BantamError {
            error.file = path
            throw error
        }
    }

    /// Sees whether a file could have the name `path`, before work is done for it.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate` as ``init(_:overwriting:)`` does.
    public static func check(_ path: String, overwriting: Bool) throws {
        _ = try OutputFile(path, overwriting: overwriting)
    }

    /// Where the bytes written so far can be read before they have their name, in this process.
    public var readablePath: String { file.readablePath }

    /// The number of bytes appended so far.
    public var byteCount: Int { end.load(ordering: .relaxed) }

    /// Appends `bytes`.
    ///
    /// - Throws: ``BantamError`` of kind `io`, on a full disk for one.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        try file.write(bytes, at: try reserve(bytes.count))
    }

    /// Appends `bytes`.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Appends the UTF-8 of `text`.
    public func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Sets the next `byteCount` bytes aside, to be written with ``write(_:at:)``; what is appended later comes
    /// after them. Bytes that nobody writes are zero if something after them is written.
    ///
    /// - Returns: where they begin.
    public func reserve(_ byteCount: Int) throws -> Int {
        let (start, sum) = end.add(byteCount, ordering: .relaxed)
        guard byteCount >= 0, start <= sum else {
            throw BantamError(.invalidArgument, file: path, "cannot grow by \(byteCount) bytes")
        }
        return start
    }

    /// Says that the file will have `byteCount` bytes, so that the file system finds room for them at once.
    ///
    /// Where it cannot, nothing changes: what does not fit will be found when it is written.
    public func allocate(_ byteCount: Int) { file.allocate(byteCount) }

    /// Writes `bytes` at an offset. Safe from several threads for ranges that do not overlap.
    ///
    /// - Throws: ``BantamError`` of kind `io`, on a full disk for one.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        try file.write(bytes, at: offset)
    }

    /// Calls `body` with bytes that were written, in consecutive pieces of at most 256 KiB.
    ///
    /// - Throws: ``BantamError`` of kind `io`, and what `body` throws.
    public func forEachPiece(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: min(range.count, 256 << 10), alignment: 64) { buffer in
            var position = range.lowerBound
            while position < range.upperBound {
                let piece = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<min(buffer.count, range.upperBound - position)])
                try file.read(into: piece, at: position)
                try body(UnsafeRawBufferPointer(piece))
                position += piece.count
            }
        }
    }

    /// Makes `byteCount` the length of the file, whatever was written or allocated behind.
    ///
    /// - Throws: ``BantamError`` of kind `io`.
    public func end(at byteCount: Int) throws {
        try file.resize(byteCount)
        end.store(byteCount, ordering: .relaxed)
    }

    /// Syncs the file and gives it its name. Only now does anyone see it; nothing is written afterwards. A file
    /// of an ``OutputFolder`` gets its name with the folder instead, one that was never to have a name gets none.
    ///
    /// - Throws: ``BantamError``: `io` if the bytes do not reach the disk, `cannotCreate` if something else took
    ///   the name in the meantime and is not to be overwritten.
    public func commit() throws {
        guard case .path(let finalPath, let overwriting) = destination else { return }
        do {
            try file.publish(as: finalPath, replacing: overwriting && OutputPath.exists(finalPath))
        } catch var error as BantamError {
            error.file = path
            throw error
        }
        OutputPath.sync(folder: OutputPath.folder(of: finalPath))
    }

    /// Writes a whole small file at once, with the same promises.
    public static func write(_ text: String, to path: String, overwriting: Bool) throws {
        let output = try OutputFile(path, overwriting: overwriting)
        try output.write(text)
        try output.commit()
    }
}
