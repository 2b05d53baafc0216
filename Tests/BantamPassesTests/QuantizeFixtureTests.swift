import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Foundation
import Testing

/// Codes, scales, zero points and what they decode to, bit for bit against NumPy's.
@Suite struct QuantizeFixtureTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var name, scheme, granularity: String
        var shape, scaleShape: [Int]
        var bits, tensor, codes, scales, zeroPoints, decoded: Int
        var testDescription: String { "\(name) \(shape) int\(bits) \(scheme) \(granularity)" }
    }

    private static let cases: [Case] =
        (try? JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: fixtures().appendingPathComponent("quantize.json")))) ?? []

    private let blob: [UInt8]

    init() throws {
        blob = Array(try Data(contentsOf: fixtures().appendingPathComponent("quantize.bin")))
    }

    private func elements<Element: BitwiseCopyable>(_ offset: Int, _ count: Int, _: Element.Type) -> [Element]
    {
        blob.withUnsafeBytes { bytes in
            (0..<count).map {
                bytes.loadUnaligned(
                    fromByteOffset: offset + $0 * MemoryLayout<Element>.size, as: Element.self)
            }
        }
    }

    @Test func thereAreCases() { #expect(QuantizeFixtureTests.cases.count == 76) }

    @Test(arguments: cases) func likeNumPy(_ fixture: Case) throws {
        let shape = Shape(fixture.shape)
        let count = shape.elementCount
        let source = Tensor(.float32, shape, elements(fixture.tensor, count, Float.self))
        let pass = try Quantize(
            bits: fixture.bits, scheme: #require(Quantize.Scheme(rawValue: fixture.scheme)),
            granularity: #require(Quantized.Granularity(fixture.granularity)))
        let encoding = try pass.apply(to: .dense(source), context()).encoding
        guard case .quantized(let quantized) = encoding, case .dense(let codes) = quantized.codes else {
            Issue.record("not quantized: \(encoding.summary)")
            return
        }
        #expect(quantized.scales.shape.axes == fixture.scaleShape)
        let scaleCount = quantized.scales.elementCount
        #expect(
            quantized.scales.array(as: UInt32.self) == elements(fixture.scales, scaleCount, UInt32.self))
        #expect((quantized.zeroPoints != nil) == (fixture.scheme == "affine"))
        if fixture.bits == 8 {
            #expect(codes.array(as: Int8.self) == elements(fixture.codes, count, Int8.self))
            if let zeroPoints = quantized.zeroPoints {
                #expect(
                    zeroPoints.array(as: Int8.self) == elements(fixture.zeroPoints, scaleCount, Int8.self))
            }
        } else {
            #expect(codes.array(as: Int16.self) == elements(fixture.codes, count, Int16.self))
            if let zeroPoints = quantized.zeroPoints {
                #expect(
                    zeroPoints.array(as: Int16.self) == elements(fixture.zeroPoints, scaleCount, Int16.self))
            }
        }
        let decoded = try encoding.decoded(workers: .one)
        #expect(decoded.shape == shape)
        #expect(decoded.array(as: Float.self) == elements(fixture.decoded, count, Float.self))
    }
}
