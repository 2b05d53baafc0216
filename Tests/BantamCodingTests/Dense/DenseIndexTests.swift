import BantamTensors
import BantamTestSupport
import Glibc
import Testing

@testable import BantamCoding

/// Positions must come near what their sparsity says, in whatever integers they stand.
@Suite struct DenseIndexTests {
    /// The bytes of `elements` in `width` bytes each.
    static func bytes(_ elements: [UInt64], width: Int) -> [UInt8] {
        elements.flatMap { element in
            (0..<width).map { UInt8(truncatingIfNeeded: element >> (8 * UInt64($0))) }
        }
    }

    /// Column indices of a matrix of `columns` columns, each element of which is there with a chance of `density`;
    /// with them the row pointers.
    static func matrix(_ rows: Int, _ columns: Int, _ density: Double) -> (
        indices: [UInt64], pointers: [UInt64]
    ) {
        var generator = SeededGenerator(seed: 5)
        var indices: [UInt64] = []
        var pointers: [UInt64] = [0]
        for _ in 0..<rows {
            for column in 0..<columns where Double.random(in: 0..<1, using: &generator) < density {
                indices.append(UInt64(column))
            }
            pointers.append(UInt64(indices.count))
        }
        return (indices, pointers)
    }

    static func bits(_ elements: [UInt64], _ dtype: DType) throws -> Double {
        let bytes = bytes(elements, width: dtype.alignment)
        let size = try #require(try DenseCoderTests.check(bytes, BlockContext(dtype)))
        return Double(8 * size) / Double(elements.count)
    }

    /// H(p)/p bits each, the entropy of a gap; the ends of rows, which gaps run across, are told nothing of.
    @Test(arguments: [(0.5, 1.02), (0.1, 1.02), (0.01, 1.03)], [DType.uint16, .uint32, .uint64])
    func sortedIndicesComeNearTheirEntropy(_ density: (Double, Double), _ dtype: DType) throws {
        let (p, limit) = density
        let indices = Self.matrix(Int(20 / p), 3000, p).indices
        let entropy = (-p * log2(p) - (1 - p) * log2(1 - p)) / p
        let found = try Self.bits(indices, dtype)
        #expect(found < entropy * limit, "\(found) for \(entropy)")
        #expect(found > entropy * 0.98, "\(found) for \(entropy)")
    }

    /// The entropy of how many elements rows hold, which is close to that of a normal distribution.
    @Test func rowPointersComeNearTheirEntropy() throws {
        let pointers = Self.matrix(20000, 100, 0.2).pointers
        let entropy = 0.5 * log2(2 * Double.pi * M_E * 100 * 0.2 * 0.8)
        let found = try Self.bits(pointers, .uint64)
        #expect(found < entropy * 1.03, "\(found) for \(entropy)")
    }

    /// Bits that are one with a chance of p take H(p) each, eight to a byte.
    @Test(arguments: [(0.5, 1), (0.1, 1.02), (0.02, 1.06)])
    func bitmasksComeNearTheirEntropy(_ chance: (Double, Double)) throws {
        let (p, limit) = chance
        var generator = SeededGenerator(seed: 6)
        let bytes = (0..<60000).map { _ in
            (0..<8).reduce(UInt64(0)) { byte, _ in
                byte << 1 | (Double.random(in: 0..<1, using: &generator) < p ? 1 : 0)
            }
        }
        let entropy = -8 * (p * log2(p) + (1 - p) * log2(1 - p))
        if p == 0.5 {
            #expect(try DenseCoderTests.encoded(Self.bytes(bytes, width: 1), BlockContext(.uint8)) == nil)
        } else {
            let found = try Self.bits(bytes, .uint8)
            #expect(found < entropy * limit && found > entropy * 0.98, "\(found) for \(entropy)")
        }
    }

    /// Residuals of a two-sided geometric distribution, as they are and folded.
    @Test(arguments: [DType.int16, .int32, .uint16, .uint32]) func residualsComeNearTheirEntropy(
        _ dtype: DType
    ) throws {
        var generator = SeededGenerator(seed: 7)
        let p = 0.05
        let residuals = (0..<50000).map { _ in
            let magnitude = Int(log2(Double.random(in: 0x1p-50..<1, using: &generator)) / log2(1 - p))
            return Bool.random(using: &generator) ? magnitude : -1 - magnitude
        }
        let isSigned = [.int16, .int32].contains(dtype)
        let elements = residuals.map {
            UInt64(truncatingIfNeeded: isSigned ? $0 : ($0 << 1) ^ ($0 >> 63))
        }
        let entropy = (-p * log2(p) - (1 - p) * log2(1 - p)) / p + 1
        let found = try Self.bits(elements, dtype)
        #expect(found < entropy * 1.03, "\(found) for \(entropy)")
    }

    /// An arithmetic progression is next to nothing, whatever its width.
    @Test(arguments: [DType.uint16, .uint32, .uint64, .int64]) func progressionsAreTiny(_ dtype: DType) throws
    {
        let bits = try Self.bits((0..<20000).map { $0 * 3 }, dtype)
        #expect(bits < 0.1)
    }
}
