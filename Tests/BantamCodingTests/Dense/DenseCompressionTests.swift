import BantamTensors
import BantamTestSupport
import Glibc
import Testing

@testable import BantamCoding

/// What blocks take, against what a normal distribution of known scale says they must.
@Suite struct DenseCompressionTests {
    /// Normally distributed weights, with a scale for each row and column.
    struct Weights {
        var bytes: [UInt8] = []
        /// The bits that an ideal coder takes that knows all scales.
        var ideal = 0.0

        /// bfloat16, rounded towards zero.
        init(rows: Int, columns: Int, spread: Double) {
            var generator = SeededGenerator(seed: 9)
            let rowScales = (0..<rows).map { _ in exp2(spread * Double(generator.normal())) }
            let columnScales = (0..<columns).map { _ in exp2(spread * Double(generator.normal())) }
            for row in 0..<rows {
                for column in 0..<columns {
                    let scale = 0.03 * rowScales[row] * columnScales[column]
                    let bits = Float(scale * Double(generator.normal())).bitPattern >> 16
                    bytes += [UInt8(bits & 255), UInt8(bits >> 8)]
                    let low = Double(Float(bitPattern: (bits & 0x7fff) << 16))
                    let high = Double(Float(bitPattern: (bits & 0x7fff) << 16 + 1 << 16))
                    let chance =
                        0.5 * (erf(high / scale / 2.0.squareRoot()) - erf(low / scale / 2.0.squareRoot()))
                    ideal -= log2(chance)
                }
            }
        }
    }

    @Test(arguments: [0.0, 0.5, 1.0]) func scalesOfRowsAndColumnsAreMadeUseOf(_ spread: Double) throws {
        let weights = Weights(rows: 300, columns: 200, spread: spread)
        let context = BlockContext(.bfloat16, columns: 200)
        let coded = try #require(try DenseCoderTests.encoded(weights.bytes, context))
        #expect(try DenseCoderTests.decoded(coded, context, weights.bytes.count) == weights.bytes)
        let found = Double(8 * coded.count) / 60000
        let ideal = weights.ideal / 60000
        #expect(found > ideal - 0.01)
        #expect(found < ideal + 0.09, "\(found) for \(ideal)")
        // Without the shape all that is known is the mixture.
        if spread > 0 {
            let blind = try #require(try DenseCoderTests.encoded(weights.bytes, BlockContext(.bfloat16)))
            #expect(coded.count * 100 < blind.count * 99)
        }
    }

    @Test func onceNarrowFloatsDropTheirZeros() throws {
        let floats = FastSample.weights.bytes(30_000, .bfloat16)
        var wide: [UInt8] = []
        for index in stride(from: 0, to: floats.count, by: 2) { wide += [0, 0] + floats[index..<index + 2] }
        let narrow = try #require(try DenseCoderTests.encoded(floats, BlockContext(.bfloat16)))
        let coded = try #require(try DenseCoderTests.encoded(wide, BlockContext(.float32)))
        #expect(coded.count < narrow.count + 80)
    }

    @Test func smallAndConstantArraysStaySmall() throws {
        let bytes = FastSample.weights.bytes(384, .bfloat16)
        let coded = try #require(try DenseCoderTests.encoded(bytes, BlockContext(.bfloat16)))
        #expect(coded.count * 100 < bytes.count * 76)
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try DenseCoderTests.encoded(zeros, BlockContext(.float32))?.count == 33)
    }

    @Test func noiseIsDeclined() throws {
        for dtype in DenseCoderTests.dtypes where ![.complex64].contains(dtype) {
            let bytes = DenseCoderTests.bytes(.noise, 9000, dtype)
            if let coded = try DenseCoderTests.encoded(bytes, BlockContext(dtype, columns: 90)) {
                // Random exponents are all there is of e5m2 and e4m3: nothing may shrink by more than chance.
                #expect(coded.count * 1000 > bytes.count * 985, "\(dtype)")
            }
        }
        for dtype in DType.allCases {
            #expect(try DenseCoderTests.encoded([], BlockContext(dtype)) == nil)
            #expect(try DenseCoderTests.encoded([1], BlockContext(dtype)) == nil)
        }
    }

    /// Through the container, in several blocks and on several threads, rows cut anywhere.
    @Test(arguments: DenseCoderTests.dtypes) func arraysOfSeveralBlocksComeBack(_ dtype: DType) throws {
        let bytes = DenseCoderTests.bytes(.weights, 20_000, dtype)
        for blockByteCount in [1 << 12, 1 << 14] {
            let coded = try bytes.withUnsafeBytes {
                try CodedArray(
                    coding: $0, of: dtype, with: DenseCoder(), columns: 90, blockByteCount: blockByteCount,
                    workers: Workers(3))
            }
            guard let coded else {
                #expect([.bool, .float4, .uint8, .uint16, .uint32, .uint64, .int32, .int64].contains(dtype))
                continue
            }
            var result = [UInt8](repeating: 0, count: bytes.count)
            try result.withUnsafeMutableBytes { result in
                try coded.bytes.withUnsafeBytes {
                    try CodedArray.decode($0, of: dtype, columns: 90, into: result, workers: Workers(2))
                }
            }
            #expect(result == bytes)
        }
    }

    @Test func theNameIsKnown() throws {
        #expect(try Coders.named("dense")?.identifier == 7)
        #expect(try Coders.identified(by: 7).name == "dense")
        let error = bantamError { _ = try Coders.named("dense:9") }
        #expect(error?.description.contains("no parameter") == true)
    }
}
