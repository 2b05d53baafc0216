import BantamArchive
import BantamEncodings
import BantamEvaluator
import BantamTensors
import BantamTestSupport
import Glibc
import Testing

/// Entropies against closed forms.
@Suite struct ElementEntropyTests {
    @Test func everyValueOnceIsTheWholeWidth() {
        let halves = Tensor(.bfloat16, [1 << 16], (0..<1 << 16).map { UInt16($0) })
        #expect(ElementEntropy(halves).value == 16)
        #expect(ElementEntropy(halves).exponent == 8)
        let bytes = Tensor(.int8, [256], (0...255).map { UInt8($0) })
        #expect(ElementEntropy(bytes).value == 8)
        #expect(ElementEntropy(bytes).exponent == nil)
    }

    @Test(arguments: DType.allCases)
    func aConstantTellsNothing(_ dtype: DType) {
        let byteCount = 4 * dtype.bitWidth
        let tensor = Tensor(
            dtype, [32],
            Storage(byteCount: byteCount) { bytes in
                _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
            })
        #expect(ElementEntropy(tensor).value == 0)
        #expect(ElementEntropy(dtype).value == 0)
    }

    /// Four powers of two equally often, with signs: two bits of exponent and one of sign.
    @Test(arguments: [DType.float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2])
    func exponentsAreFoundInEveryFormat(_ dtype: DType) throws {
        let floats = Tensor(.float32, [8], [1, 2, 4, 8, -1, -2, -4, -8] as [Float])
        let entropy = ElementEntropy(try floats.float32(roundedTo: dtype))
        #expect(entropy.exponent == 2)
        #expect(entropy.value == 3)
    }

    /// The probabilities 1/2, 1/4, 1/8, 1/8 make 1.75 bits.
    @Test func unequalProbabilities() {
        let codes = Tensor(.uint8, [8], [7, 7, 7, 7, 9, 9, 0, 255] as [UInt8])
        #expect(ElementEntropy(codes).value == 1.75)
        let indices = Tensor(.int64, [8], [7, 7, 7, 7, 9, 9, 0, 255] as [Int64])
        #expect(ElementEntropy(indices).value == 1.75)
    }

    /// Where no value occurs twice there is a bound: lowest bits that no element has are not counted; those between
    /// them and the symbols are, in full.
    @Test func valuesThatOccurOnce() throws {
        let bits = (0..<64).map { UInt32($0) << 13 | 0x3f80_0000 }
        // Three bits below the upper 16 vary; above them 0 to 7.
        let floats = ElementEntropy(Tensor(.float32, [64], bits))
        #expect(floats.value == 3 + 3 && floats.basis == .bytePlanes)
        #expect(floats.orderZero == 6)
        let pairs = Tensor(.float32, [64], bits).storage
        #expect(ElementEntropy(Tensor(.complex64, [32], pairs)).value == 2 * (3 + 3))
        let words = ElementEntropy(Tensor(.uint32, [4], [0, 1, 256, 257] as [UInt32]))
        #expect(words.value == 2 && words.basis == .bytePlanes)
        let three = ElementEntropy(Tensor(.float32, [3], [0, 1, 2] as [UInt32]))
        #expect(three.value == 16 && three.orderZero == log2(3))
    }

    /// Values that repeat are symbols as they are, however wide: 3/4 zeros, and eight others equally often.
    @Test(arguments: [DType.float32, .int32, .uint64, .float64, .complex64, .complex128])
    func wideValuesThatRepeat(_ dtype: DType) {
        let others = (1...8).map { UInt64($0) &* 0x0123_4567_89ab_cdef }
        let words = (0..<64).map { $0 % 4 == 3 ? others[$0 / 4 % 8] : 0 }
        let isSingle = [DType.float32, .int32, .complex64].contains(dtype)
        let storage =
            isSingle
            ? Tensor(.uint32, [64], words.map { UInt32(truncatingIfNeeded: $0) }).storage
            : Tensor(.uint64, [64], words).storage
        let parts = [DType.complex64, .complex128].contains(dtype) ? 2 : 1
        let entropy = ElementEntropy(Tensor(dtype, [64 / parts], storage))
        // −3/4·log₂ 3/4 + 8 · 1/32·log₂ 32
        let expected = 0.75 * log2(4.0 / 3) + 8 * 5 / 32
        #expect(abs(entropy.value - Double(parts) * expected) < 1e-12)
        #expect(entropy.basis == .order0 && entropy.orderZero == entropy.value)
    }

    /// Tables grow up to a limit, beyond which only the bound is left.
    @Test func manyDifferentValues() {
        func entropy(different count: Int) -> ElementEntropy {
            var entropy = ElementEntropy(.int32)
            for _ in 0..<2 {
                entropy.add(Tensor(.int32, [count], (0..<count).map { UInt32($0) &* 2_654_435_761 }))
            }
            return entropy
        }
        let all = entropy(different: 1 << 20)
        #expect(all.basis == .order0 && abs(all.value - 20) < 1e-9)
        let more = entropy(different: 1 << 20 + 1)
        #expect(more.basis == .bytePlanes && more.orderZero == nil && more.value > 20)
    }

    /// Numbers that all want one place of the table are given up, not searched for.
    @Test func valuesThatCollide() {
        // Each is the number whose hash, undone step by step, is a multiple of 2⁴⁰.
        var inverse: UInt64 = 1
        for _ in 0..<6 { inverse = inverse &* (2 &- 0x9e37_79b9_7f4a_7c15 &* inverse) }
        let words = (0..<4000).map { number in
            var hash = UInt64(number) << 40
            hash ^= hash >> 29 ^ hash >> 58
            hash = hash &* inverse
            return hash ^ hash >> 32
        }
        let entropy = ElementEntropy(Tensor(.uint64, [8000], words + words))
        #expect(entropy.orderZero == nil && entropy.basis == .bytePlanes)
    }

    @Test func countsAddUp() {
        var entropy = ElementEntropy(.uint8)
        entropy.add(Tensor(.uint8, [2], [1, 1] as [UInt8]))
        entropy.add(Tensor(.uint8, [2], [2, 2] as [UInt8]))
        #expect(entropy.value == 1)
    }

    @Test func inspectionSaysBoundAndDistance() throws {
        let tensor = Tensor(.float32, [4, 2], [1, 2, 1, 2, 1, 2, 1, 2] as [Float])
        let codes = Tensor(.int8, [4, 2], [64, 127, 64, 127, 64, 127, 64, 127] as [Int8])
        let scales = Tensor(.float32, [4], [Float](repeating: 2 / 127, count: 4))
        let quantized = Quantized(
            codes: .dense(codes), scales: scales, zeroPoints: nil, granularity: .channel)
        let source = MemoryFile("memory", [("held", tensor), ("kept", tensor), ("tied", tensor)])
        try withTemporaryFolder { folder in
            let path = folder.file("held.safetensors")
            let writer = try ArchiveWriter(path, overwriting: false, source: source, coding: .none)
            let encodings: [Encoding] = [.quantized(quantized), .dense(tensor), .quantized(quantized)]
            for (index, encoding) in encodings.enumerated() {
                try writer.add(writer.prepare(encoding, workers: .one), at: index, original: tensor)
            }
            _ = try writer.finish()
            try check(Inspection(CompressedFile(path)))
        }
    }

    private func check(_ inspection: Inspection) {
        let held = inspection.items[0]
        // One bit a code; equal scales tell nothing.
        #expect(held.codeEntropy == 1)
        #expect(held.bound == 1 && held.boundBasis == .order0)
        #expect(held.bitsPerWeight == 24)
        #expect(held.distance == 24 - held.bound)
        #expect(held.statistics.entropy == 1)
        #expect(held.statistics.exponentEntropy == 1)
        #expect(held.arrays.map(\.part) == ["codes", "scales"])
        #expect(held.arrays.map(\.byteCount) == [8, 16])
        #expect(held.arrays.map(\.entropy) == [1, 0])
        #expect(held.coders.isEmpty)
        let kept = inspection.items[1]
        #expect(kept.codeEntropy == nil)
        #expect(kept.bound == 1)
        #expect(kept.distance == 31)
        // What is the same as another takes nothing and needs nothing.
        let tied = inspection.items[2]
        #expect(tied.encoding == "same as held" && tied.bound == 0 && tied.bitsPerWeight == 0)
        #expect(tied.arrays.allSatisfy { $0.isShared && $0.byteCount == 0 })
        #expect(inspection.bound == 2 / 3.0)
        #expect(inspection.bitsPerWeight == 8 * Double(inspection.fileByteCount) / 24)
        let json = inspection.json
        let first = json["tensors"]?.arrayValue?.first
        #expect(first?["code_entropy_bits"]?.text == "1.0")
        #expect(first?["exponent_entropy_bits"]?.text == "1.0")
        #expect(first?["bits_per_weight"]?.text == "24.0")
    }
}
