// Why: a tensor that is held losslessly is decoded and checked block by block, while each is still in the cache,
// and never stands in memory as a whole.

import BantamCoding
import BantamLoaders
import BantamTensors

/// The pieces of a tensor that one array holds: the blocks of a coded one, 1 MiB each of a plain one.
final class StoredPieces: TensorPieces, @unchecked Sendable {
    let entry: TensorEntry
    let ranges: [Range<Int>]
    private let file: String
    /// The stored bytes.
    private let stored: Tensor
    /// `nil` if they are the tensor's own.
    private let decoder: BlockDecoder?
    private let expected: (stored: Checksum, raw: Checksum)
    private let arrayName: String
    /// Only touched in turn.
    private var checksums = Checksums()

    private struct Checksums: ~Copyable {
        var stored = StreamingChecksum()
        var raw = StreamingChecksum()
    }

    static let pieceByteCount = 1 << 20

    /// `nil` if the tensor is held in another way, or has no bytes.
    init?(_ file: CompressedFile, at index: Int) throws {
        let tensor = file.tensors[index]
        guard case .dense(let array) = tensor.tree, array.layout.dtype == tensor.entry.dtype,
            array.layout.byteCount > 0
        else { return nil }
        let stored = try file.file.tensor(at: array.index)
        let byteCount = array.layout.byteCount
        if array.isCoded {
            decoder = try locating(file: file.path, tensor: tensor.entry.name) {
                try BlockDecoder(
                    stored.storage.bytes, of: array.layout.dtype, byteCount: byteCount,
                    columns: array.layout.shape.codedColumns, owner: stored.storage)
            }
        } else {
            decoder = nil
        }
        ranges =
            decoder?.ranges
            ?? stride(from: 0, to: byteCount, by: StoredPieces.pieceByteCount).map {
                $0..<min($0 + StoredPieces.pieceByteCount, byteCount)
            }
        try MemoryLimit.check(ranges[0].count, elementsOf: 1)
        entry = tensor.entry
        self.file = file.path
        self.stored = stored
        expected = (file.checksums[array.index], tensor.checksum)
        arrayName = file.file.header.items[array.index].entry.name
    }

    func withPiece(
        _ index: Int, inTurn: (() throws -> Void) throws -> Void,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard decoder != nil else {
            let piece = UnsafeRawBufferPointer(rebasing: stored.storage.bytes[ranges[index]])
            try inTurn { try locating(file: file, tensor: entry.name) { try check(index, piece, raw: nil) } }
            try body(piece)
            stored.storage.letGo(of: piece)
            return
        }
        try withUnsafeTemporaryAllocation(byteCount: ranges[index].count, alignment: 64) { scratch in
            try decode(index, into: scratch, inTurn: inTurn)
            try body(UnsafeRawBufferPointer(scratch))
        }
    }

    /// The whole tensor in memory, decoded by so many threads; `nil` if its bytes are stored as they are.
    func decoded(workers: Workers) throws -> Tensor? {
        guard decoder != nil else { return nil }
        try locating(file: file, tensor: entry.name) { try MemoryLimit.check(entry.byteCount, elementsOf: 1) }
        let storage = try Storage(byteCount: entry.byteCount) {
            let target = Target(bytes: $0)
            let turns = Turns(chains: 1)
            try workers.forEach(ranges.count, turns: turns) { index in
                try decode(index, into: target[ranges[index]]) {
                    try turns.take(index, position: index, chain: 0, $0)
                }
            }
        }
        return Tensor(entry.dtype, entry.shape, storage)
    }

    /// Memory that pieces are decoded to, each to its own part.
    private struct Target: @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer

        subscript(range: Range<Int>) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: bytes[range])
        }
    }

    /// Decodes a piece of a coded array to memory of its size.
    private func decode(
        _ index: Int, into target: UnsafeMutableRawBufferPointer, inTurn: (() throws -> Void) throws -> Void
    ) throws {
        guard let decoder else { return }
        let bytes = decoder.storedBytes(index)
        do {
            try decoder.decode(index, into: target)
        } catch {
            try locating(file: file, tensor: entry.name) {
                // That the stored bytes are not what was written says more than what a coder makes of them.
                try checkStored(Checksum(of: stored))
                throw error
            }
        }
        try inTurn {
            try locating(file: file, tensor: entry.name) {
                try check(index, bytes, raw: UnsafeRawBufferPointer(target))
            }
        }
        decoder.letGo(of: index)
    }

    /// Adds a piece to the checksums; after the last one they have to be right.
    private func check(_ index: Int, _ piece: UnsafeRawBufferPointer, raw: UnsafeRawBufferPointer?) throws {
        checksums.stored.update(piece)
        if let raw { checksums.raw.update(raw) }
        guard index == ranges.count - 1 else { return }
        try checkStored(checksums.stored.checksum)
        guard let decoder else { return }
        let found = checksums.raw.checksum
        try decoder.check(found)
        guard found == expected.raw else {
            throw BantamError(
                .corruption, "expected values of checksum \(expected.raw), found \(found)")
        }
    }

    private func checkStored(_ found: Checksum) throws {
        guard found == expected.stored else {
            throw BantamError(
                .corruption, "array '\(arrayName)': expected checksum \(expected.stored), found \(found)")
        }
    }
}
