import BantamTensors
import Glibc
import Synchronization

/// Bytes put aside on disk until it is known where in the output they go.
///
/// A compressed array's size is known only once it is compressed, and the header that gives all sizes stands
/// first in the file. So arrays are spooled in whatever order they get ready, from several threads, and copied
/// in the final order later. The file has no name and goes with the object, or with the process.
public final class SpoolFile: Sendable {
    private let file: TemporaryFile
    private let end = Atomic(0)

    /// An empty spool in the folder of the output at `path`, because that is where there has to be room anyway.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate`.
    public init(beside path: String) throws {
        file = try TemporaryFile(beside: path)
        file.discardName()
    }

    /// An empty spool where the bytes of `output` are.
    ///
    /// - Throws: ``BantamError`` of kind `cannotCreate`.
    public convenience init(for output: OutputFile) throws { try self.init(beside: output.file.destination) }

    /// The number of bytes in it.
    public var byteCount: Int { end.load(ordering: .relaxed) }

    /// Sets the next `byteCount` bytes aside, all of which are then written with ``write(_:at:)``. Safe from
    /// several threads.
    ///
    /// - Returns: where in the spool they are.
    public func reserve(_ byteCount: Int) -> Range<Int> {
        let start = end.add(byteCount, ordering: .relaxed).oldValue
        return start..<start + byteCount
    }

    /// Writes `bytes` to a part of what was reserved.
    ///
    /// - Throws: ``BantamError`` of kind `io`, on a full disk for one.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        try file.write(bytes, at: offset)
    }

    /// Adds `bytes`. Safe from several threads.
    ///
    /// - Returns: where in the spool they are.
    /// - Throws: ``BantamError`` of kind `io`, on a full disk for one.
    public func append(_ bytes: UnsafeRawBufferPointer) throws -> Range<Int> {
        let range = reserve(bytes.count)
        try write(bytes, at: range.lowerBound)
        return range
    }

    /// Calls `body` with the bytes of `range`, which ``append(_:)`` returned, in consecutive pieces of at most
    /// 2 MiB.
    ///
    /// - Throws: ``BantamError`` of kind `io`, and what `body` throws.
    public func forEachPiece(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        let pieceLength = 2 << 20
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        var position = range.lowerBound
        while position < range.upperBound {
            let count = min(pieceLength, range.upperBound - position)
            let lead = position % page
            guard
                let start = mmap(
                    nil, lead + count, PROT_READ, MAP_SHARED, file.descriptor, off_t(position - lead)),
                start != MAP_FAILED
            else {
                throw BantamError(.io, file: file.destination, "cannot be read back: \(systemMessage())")
            }
            defer { munmap(start, lead + count) }
            try body(UnsafeRawBufferPointer(start: start + lead, count: count))
            position += count
        }
    }

    /// Appends the bytes of `range`, which ``append(_:)`` returned, to an output.
    ///
    /// - Throws: ``BantamError`` of kind `io`.
    public func copy(_ range: Range<Int>, to output: OutputFile) throws {
        try forEachPiece(of: range) { try output.write($0) }
    }
}
