import BantamArchive
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Every file in `Hostile`, which `make_hostile.py` made: one clear error, no trap, no tensor.
@Suite struct HostileTests {
    static let folder = fixtures().deletingLastPathComponent().appendingPathComponent("Hostile")
    static let files =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".safetensors") }.sorted()

    @Test func thereAreFiles() { #expect(Self.files.count >= 80) }

    @Test(arguments: files) func everyLieIsRefused(_ name: String) throws {
        let path = Self.folder.file(name)
        let error = try #require(bantamError { try CompressedFile(path).verify(workers: .one) })
        #expect(error.file == path)
        #expect([.corruption, .insufficientData, .compatibility].contains(error.kind), "\(error)")
        #expect(!error.description.contains("\n") && error.description.utf8.count < 1000)
        // What can be opened at all gives no tensor that is wrong, and so no output.
        try withTemporaryFolder { folder in
            let output = folder.file("out.safetensors")
            let failure = bantamError { try Decompression.write(CompressedFile(path), to: output) }
            #expect(failure != nil)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test func aNewerVersionIsNamed() {
        let error = bantamError { _ = try CompressedFile(Self.folder.file("version-newer.safetensors")) }
        #expect(error?.kind == .compatibility)
        #expect(error?.message == "is of version 2; this version of Bantam reads files of version 1")
    }
}
