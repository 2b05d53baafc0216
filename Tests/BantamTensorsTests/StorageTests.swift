import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Letting go of a mapped file's pages gives memory back and never changes what is read.
@Suite struct StorageTests {
    private static let bytes = (0..<(3 << 20) + 12345).map {
        UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13)
    }

    /// Own memory, and the same bytes mapped from 4097 on.
    private func withStorages(_ body: (Storage) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("bytes").path
            try Data([UInt8](repeating: 1, count: 4097) + Self.bytes).write(to: URL(fileURLWithPath: path))
            let file = try MappedFile(path)
            try body(Storage(file, 4097..<file.bytes.count, alignment: 1))
        }
        try body(Storage(byteCount: Self.bytes.count) { $0.copyBytes(from: Self.bytes) })
    }

    @Test func piecesAreAllTheBytesInOrder() throws {
        try withStorages { storage in
            var seen: [UInt8] = []
            storage.forEachPiece { piece in
                #expect(piece.count % 16 == 0 || seen.count + piece.count == Self.bytes.count)
                seen += piece
            }
            #expect(seen == Self.bytes)
        }
        Storage(byteCount: 0) { _ in }.forEachPiece { _ in Issue.record("a piece of nothing") }
    }

    /// Large ones can be held by huge pages from the first byte to the last.
    @Test func largeStoragesBeginAtAHugePage() {
        for count in [4 << 20, (4 << 20) + 1, (7 << 20) + 12345] {
            let storage = Storage(byteCount: count) { bytes in
                #expect(bytes.count == count)
                _ = bytes.initializeMemory(as: UInt8.self, repeating: 7)
            }
            #expect(Int(bitPattern: storage.bytes.baseAddress) % (2 << 20) == 0)
            #expect(storage.bytes.count == count)
            #expect(storage.bytes.allSatisfy { $0 == 7 })
        }
    }

    @Test func theBytesAreStillThere() throws {
        try withStorages { storage in
            #expect(Array(storage.bytes) == Self.bytes)
            storage.letGo(of: storage.bytes)
            #expect(Array(storage.bytes) == Self.bytes)
            storage.letGo(of: UnsafeRawBufferPointer(rebasing: storage.bytes[70_001..<900_003]))
            #expect(Array(storage.bytes) == Self.bytes)
            // What is not part of it is not touched.
            Self.bytes.withUnsafeBytes { storage.letGo(of: $0) }
            #expect(Array(storage.bytes) == Self.bytes)
        }
    }
}
