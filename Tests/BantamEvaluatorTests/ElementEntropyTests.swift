import BantamArchive
import BantamEncodings
import BantamEvaluator
import BantamTensors
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

    /// Lowest bits that no element has are not counted; those between them and the symbols are, in full.
    @Test func narrowNumbersInWideOnes() throws {
        let bits = (0..<64).map { UInt32($0) << 13 | 0x3f80_0000 }
        // Three bits below the upper 16 vary; above them 0 to 7.
        #expect(ElementEntropy(Tensor(.float32, [64], bits)).value == 3 + 3)
        let pairs = Tensor(.float32, [64], bits).storage
        #expect(ElementEntropy(Tensor(.complex64, [32], pairs)).value == 2 * (3 + 3))
        #expect(ElementEntropy(Tensor(.float32, [2], [UInt32(0), 1])).value == 16)
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
        let file = MemoryArchive("file", bytes: 100, [("held", tensor), ("kept", tensor)])
        file.encodings = [
            .quantized(
                Quantized(codes: .dense(codes), scales: scales, zeroPoints: nil, granularity: .channel)),
            .dense(tensor),
        ]
        file.stored = [("quantized", 24), ("dense", 32)]
        let inspection = try Inspection(file)
        let held = inspection.items[0]
        // One bit a code; equal scales have an upper half that tells nothing, and 16 bits below it.
        let low = 16 - Double((Float(2) / 127).bitPattern.trailingZeroBitCount)
        #expect(held.codeEntropy == 1)
        #expect(held.bound == 1 + low * 4 / 8)
        #expect(held.bitsPerWeight == 24)
        #expect(held.distance == 24 - held.bound)
        #expect(held.statistics.entropy == 1)
        #expect(held.statistics.exponentEntropy == 1)
        let kept = inspection.items[1]
        #expect(kept.codeEntropy == nil)
        #expect(kept.bound == 1)
        #expect(kept.distance == 31)
        #expect(inspection.bound == (held.bound + 1) / 2)
        #expect(inspection.bitsPerWeight == 50)
        let json = inspection.json
        #expect(json["bits_per_weight"]?.text == "50.0")
        let first = json["tensors"]?.arrayValue?.first
        #expect(first?["code_entropy_bits"]?.text == "1.0")
        #expect(first?["exponent_entropy_bits"]?.text == "1.0")
        #expect(first?["bits_per_weight"]?.text == "24.0")
    }
}
