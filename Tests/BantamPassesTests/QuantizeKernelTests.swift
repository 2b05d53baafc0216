import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import CBantamKernels
import Testing

/// The kernels at every level against plain Swift, bit for bit, over lengths around the width of a vector.
@Suite struct QuantizeKernelTests {
    /// One slice by the formula, in the simplest way.
    static func reference(_ slice: ArraySlice<Float>, bits: Int, affine: Bool) -> (
        codes: [Int], scale: Float, zeroPoint: Int
    ) {
        let least = bits == 8 ? -128 : -32768
        let most = -least - 1
        let low = min(0, slice.min()!)
        let high = max(0, slice.max()!)
        let scale = affine ? (high - low) / Float(most - least) : max(-low, high) / Float(most)
        guard scale > 0 else { return (slice.map { _ in 0 }, 0, 0) }
        let zeroPoint = affine ? least - Int((low / scale).rounded(.toNearestOrEven)) : 0
        let codes = slice.map {
            min(most, max(least, Int(($0 / scale).rounded(.toNearestOrEven)) + zeroPoint))
        }
        return (codes, scale, zeroPoint)
    }

    @Test(arguments: [8, 16], [false, true]) func likeSwift(bits: Int, affine: Bool) throws {
        let values = normals(3 * 200).enumerated().map { $0 % 97 < 20 ? 0 : $1 }
        for columns in Array(1...70) + [95, 96, 97, 127, 128, 129, 200] {
            for granularity in [
                Quantized.Granularity.channel, .tensor, .group(1), .group(5), .group(32), .group(33),
            ] {
                let shape: Shape = [3, columns]
                let part = Array(values[..<shape.elementCount])
                let slices = granularity.slicing(of: shape)
                var codes: [Int] = []
                var scales: [Float] = []
                var zeroPoints: [Int] = []
                for row in 0..<slices.rows {
                    for start in stride(from: 0, to: slices.columns, by: slices.length) {
                        let end = min(start + slices.length, slices.columns)
                        let result = QuantizeKernelTests.reference(
                            part[row * slices.columns + start..<row * slices.columns + end], bits: bits,
                            affine: affine)
                        codes += result.codes
                        scales.append(result.scale)
                        zeroPoints.append(result.zeroPoint)
                    }
                }
                let decoded = codes.indices.map { index -> Float in
                    let (row, column) = index.quotientAndRemainder(dividingBy: slices.columns)
                    let runs = (slices.columns - 1) / slices.length + 1
                    let run = row * runs + column / slices.length
                    return Float(codes[index] - zeroPoints[run]) * scales[run]
                }
                let pass = try Quantize(
                    bits: bits, scheme: affine ? .affine : .symmetric, granularity: granularity)
                try forEachLevel { level in
                    let encoding = try pass.apply(
                        to: .dense(Tensor(.float32, shape, part)), context()
                    ).encoding
                    guard case .quantized(let quantized) = encoding, case .dense(let found) = quantized.codes
                    else { return }
                    let place: Comment = "level \(level), \(columns) columns, \(granularity)"
                    #expect(found.integers == codes, place)
                    #expect(quantized.scales.array(as: Float.self) == scales, place)
                    #expect(!affine || quantized.zeroPoints?.integers == zeroPoints, place)
                    #expect(try encoding.decoded(workers: .one).array(as: Float.self) == decoded, place)
                }
            }
        }
    }

    @Test func nonFiniteIsSeenAtEveryPlace() throws {
        for bad in [Float.nan, -.nan, .infinity, -.infinity, Float(bitPattern: 0x7f80_0001)] {
            for count in [1, 3, 15, 16, 17, 31, 32, 33, 48, 70] {
                for place in 0..<count {
                    var values = normals(count)
                    values[place] = bad
                    try forEachLevel { level in
                        for scheme in [Quantize.Scheme.symmetric, .affine] {
                            let pass = try Quantize(bits: 8, scheme: scheme)
                            let error = bantamError {
                                _ = try pass.apply(
                                    to: .dense(Tensor(.float32, [1, count], values)), context())
                            }
                            #expect(
                                error?.message
                                    == "expected finite values to quantize, found 1 NaN or infinite of \(count)",
                                "level \(level)")
                        }
                    }
                }
            }
        }
    }

    /// Large enough for several pieces in each of the three ways to cut: rows, runs of a row, and runs.
    @Test(arguments: [
        ([600, 4000], Quantized.Granularity.channel), ([2, 1_500_001], .channel), ([3_000_017], .tensor),
        ([2, 1_300_007], .group(33)), ([3_000_017], .group(1_200_000)),
    ])
    func threadsDoNotShow(axes: [Int], granularity: Quantized.Granularity) throws {
        var generator = SeededGenerator(seed: 3)
        let shape = Shape(axes)
        let tensor = Tensor(.float32, shape, as: Float.self) { elements in
            for index in elements.indices { elements[index] = Float(generator.next() >> 40) - 0x1p23 }
        }
        for scheme in [Quantize.Scheme.symmetric, .affine] {
            let pass = try Quantize(bits: 8, scheme: scheme, granularity: granularity)
            var first: (codes: [Int8], scales: [Float], zeroPoints: [Int8]?, decoded: [Float])?
            for workers in [1, 2, 4] {
                let encoding = try pass.apply(to: .dense(tensor), context(workers)).encoding
                guard case .quantized(let quantized) = encoding, case .dense(let codes) = quantized.codes
                else { return }
                let result = (
                    codes: codes.array(as: Int8.self), scales: quantized.scales.array(as: Float.self),
                    zeroPoints: quantized.zeroPoints?.array(as: Int8.self),
                    decoded: try encoding.decoded(workers: Workers(workers)).array(as: Float.self)
                )
                guard let expected = first else {
                    first = result
                    // One slice of all, against the formula: the last.
                    let slices = granularity.slicing(of: shape)
                    let length = (slices.columns - 1) % slices.length + 1
                    let last = tensor.array(as: Float.self).suffix(length)
                    let reference = QuantizeKernelTests.reference(last, bits: 8, affine: scheme == .affine)
                    #expect(result.scales.last == reference.scale)
                    #expect(result.codes.suffix(length).map(Int.init) == reference.codes)
                    continue
                }
                #expect(result.codes == expected.codes)
                #expect(result.scales == expected.scales)
                #expect(result.zeroPoints == expected.zeroPoints)
                #expect(result.decoded == expected.decoded)
            }
        }
    }
}

extension Tensor {
    /// The elements of an int8 or int16 tensor.
    var integers: [Int] {
        dtype == .int8 ? array(as: Int8.self).map(Int.init) : array(as: Int16.self).map(Int.init)
    }
}
