import BantamCoding
import BantamTensors
import Testing

/// Against values that the reference implementation's own tools print (`xxhsum -H3`, and its sanity tests).
@Suite struct ChecksumTests {
    @Test func knownValues() {
        #expect(Checksum(of: [UInt8]()).description == "2d06800538d394c2")
        #expect(Checksum(of: Array("a".utf8)).description == "e6c632b61e964e1f")
        #expect(Checksum(of: Array("abc".utf8)).description == "78af5f94892f3950")
    }

    /// Long input goes through loops that the processor chooses; these values are the baseline's.
    @Test(
        arguments: [
            (241, "5f2350ac407e387b"),
            (5_000, "999eef2d4fb945bc"),
            (1_000_003, "e47fea25826df580"),
        ])
    func knownValuesOfLongInput(_ count: Int, _ text: String) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0) }
        try Workers(4).forEach(16) { _ in #expect(Checksum(of: bytes).description == text) }
    }

    @Test func piecesGiveTheSameAsTheWhole() {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * $0) }
        for cut in [0, 1, 16, 239, 256, 1024, 4999, 5000] {
            var streaming = StreamingChecksum()
            bytes[..<cut].withUnsafeBytes { streaming.update($0) }
            bytes[cut...].withUnsafeBytes { streaming.update($0) }
            #expect(streaming.checksum == Checksum(of: bytes))
        }
    }

    @Test func textIsSixteenLowerCaseDigits() {
        #expect(Checksum(value: 0xab).description == "00000000000000ab")
        #expect(Checksum("00000000000000ab") == Checksum(value: 0xab))
        for wrong in [
            "", "ab", "00000000000000AB", "+0000000000000ab", "00000000000000ag", "000000000000000ab",
        ] {
            #expect(Checksum(wrong) == nil, "\(wrong)")
        }
    }
}
