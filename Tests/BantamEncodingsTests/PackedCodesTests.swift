import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

/// Packed codes against a stream of bits written one by one.
@Suite struct PackedCodesTests {
    @Test(arguments: 1...7, [false, true]) func likeOneBitAtATime(bits: Int, isSigned: Bool) throws {
        let packing = try #require(PackedCodes(bits: bits, isSigned: isSigned))
        var generator = SeededGenerator(seed: UInt64(bits))
        for count in Array(0...40) + [63, 64, 65, 1000] {
            let codes = (0..<count).map { _ in
                let code = Int.random(in: 0..<1 << bits, using: &generator)
                return isSigned && code >> (bits - 1) == 1 ? code - 1 << bits : code
            }
            var bytes = [UInt8](repeating: 0, count: (count * bits + 7) / 8)
            for (index, code) in codes.enumerated() {
                for bit in 0..<bits where code >> bit & 1 == 1 {
                    bytes[(index * bits + bit) / 8] |= 1 << UInt8((index * bits + bit) % 8)
                }
            }
            let tensor = Tensor(packing.dtype, [count], codes.map { UInt8(truncatingIfNeeded: $0) })
            #expect(packing.byteCount(count) == bytes.count)
            #expect(packing.packed(tensor).array(as: UInt8.self) == bytes)
            let data = Tensor(.uint8, [bytes.count], bytes)
            let found = try packing.unpacked(data, count: count)
            #expect(found.array(as: UInt8.self) == tensor.array(as: UInt8.self))
        }
    }

    @Test func liesAreRefused() throws {
        let packing = try #require(PackedCodes(bits: 3, isSigned: true))
        let data = Tensor(.uint8, [2], [0, 0x80] as [UInt8])
        #expect(
            bantamError { _ = try packing.unpacked(data, count: 9) }?.message
                == "expected 4 bytes of 9 packed codes of 3 bits, found 2")
        #expect(
            bantamError { _ = try packing.unpacked(data, count: 5) }?.message
                == "expected zero bits after the last packed code, found 128")
        #expect(bantamError { _ = try packing.unpacked(data, count: .max) }?.kind == .corruption)
        #expect(PackedCodes(bits: 0, isSigned: true) == nil && PackedCodes(bits: 8, isSigned: true) == nil)
    }
}
