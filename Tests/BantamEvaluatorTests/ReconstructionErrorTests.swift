import BantamEvaluator
import BantamTensors
import BantamTestSupport
import CBantamKernels
import Testing

/// Figures of tensors before and after, against NumPy and SciPy and against slow sums.
@Suite struct ReconstructionErrorTests {
    struct Case: Decodable {
        var name: String
        var original, reconstruction: [Float]
        var maxAbsError, rmse, relativeError, sqnrDb, cosine, sparsity, low, high, klDivergence: Double
        var before, after: [Int]
    }

    private func tensor(_ values: [Float]) -> Tensor { Tensor(.float32, [values.count], values) }

    @Test func figuresAreThoseOfNumPy() throws {
        for expected in try fixture("errors.json", as: [Case].self) {
            let (x, y) = (tensor(expected.original), tensor(expected.reconstruction))
            let error = try ReconstructionError(original: x, reconstruction: y)
            #expect(error.count == expected.original.count)
            #expect(error.maxAbsError == expected.maxAbsError)
            #expect(isClose(error.rmse, expected.rmse))
            #expect(isClose(error.relativeError, expected.relativeError))
            #expect(isClose(error.sqnr, expected.sqnrDb))
            #expect(isClose(error.cosine, expected.cosine))
            #expect(try y.sparsity() == expected.sparsity)

            let histogram = try #require(try PairedHistogram(original: x, reconstruction: y))
            #expect(histogram.range == expected.low...expected.high)
            #expect(histogram.before == expected.before)
            #expect(histogram.after == expected.after)
            #expect(isClose(histogram.klDivergence, expected.klDivergence))
        }
    }

    @Test func float64KeepsWhatFloatWouldLose() throws {
        let x = Tensor(.float64, [2], [1.0, 2.0])
        let y = Tensor(.float64, [2], [1.0 + 0x1p-40, 2.0])
        let error = try ReconstructionError(original: x, reconstruction: y)
        #expect(error.maxAbsError == 0x1p-40)
        #expect(error.squaredError == 0x1p-80)
    }

    /// The lanes and blocks that the kernels and threads work in, added in Swift.
    private func reference(_ x: [Float], _ y: [Float]) -> ReconstructionError {
        var total = ReconstructionError()
        for start in stride(from: 0, to: x.count, by: 1 << 14) {
            var lanes = [ReconstructionError](repeating: .init(), count: 8)
            for index in start..<min(start + 1 << 14, x.count) {
                let (a, b) = (Double(x[index]), Double(y[index]))
                var one = ReconstructionError()
                one.count = 1
                one.maxAbsError = (a - b).magnitude
                one.squaredError = (a - b) * (a - b)
                one.squaredOriginal = a * a
                one.squaredReconstruction = b * b
                one.product = a * b
                lanes[(index - start) % 8] += one
            }
            var block = ReconstructionError()
            for lane in lanes { block += lane }
            total += block
        }
        return total
    }

    @Test(arguments: [0, 1, 7, 8, 9, 1000, 16384, 16385, 1_100_003]) func sumsAreTheSameBitsForAnyThreads(
        count: Int
    ) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let x = (0..<count).map { _ in Float.random(in: -2...1, using: &random) }
        let y = x.map { ($0 * 20).rounded() / 20 }
        let expected = reference(x, y)
        for threads in [1, 2, 4] {
            let found = try ReconstructionError(
                original: tensor(x), reconstruction: tensor(y), workers: Workers(threads))
            #expect(found == expected)
        }
    }

    @Test(arguments: [0, 1, 5, 8, 13, 64, 129]) func kernelsCountZerosAndRange(count: Int) {
        var random = SeededGenerator(seed: 9)
        let x = (0..<count).map { _ in Double(Int.random(in: -3...4, using: &random)) }
        let y = (0..<count).map { _ in Double(Int.random(in: -2...5, using: &random)) }
        var wide = bantam_value_comparison()
        var narrow = bantam_value_comparison()
        bantam_compare_float64(x, y, count, &wide)
        bantam_compare_float32(x.map(Float.init), y.map(Float.init), count, &narrow)
        for found in [wide, narrow] {
            #expect(found.original_zeros == x.filter { $0 == 0 }.count)
            #expect(found.reconstruction_zeros == y.filter { $0 == 0 }.count)
            #expect(found.low == (x + y).min() ?? .infinity)
            #expect(found.high == (x + y).max() ?? -.infinity)
            #expect(found.squared_error == zip(x, y).map { ($0 - $1) * ($0 - $1) }.reduce(0, +))
            #expect(found.product == zip(x, y).map(*).reduce(0, +))
            #expect(found.max_abs_error == zip(x, y).map { ($0 - $1).magnitude }.max() ?? 0)
        }
    }

    @Test func everyNumericDTypeCanStandBesideFloats() throws {
        let values: [Float] = [0, 1, 0, 1, 1, 0, 1]
        for dtype in DType.allCases where dtype.isNumeric {
            let other: Tensor
            switch dtype {
            case .int64: other = Tensor(dtype, [7], values.map { Int64($0) })
            case .uint64: other = Tensor(dtype, [7], values.map { UInt64($0) })
            case .int32: other = Tensor(dtype, [7], values.map { Int32($0) })
            case .uint32: other = Tensor(dtype, [7], values.map { UInt32($0) })
            case .int16: other = Tensor(dtype, [7], values.map { Int16($0) })
            case .uint16: other = Tensor(dtype, [7], values.map { UInt16($0) })
            case .int8: other = Tensor(dtype, [7], values.map { Int8($0) })
            case .uint8, .bool: other = Tensor(dtype, [7], values.map { UInt8($0) })
            default: other = try tensor(values).float32(roundedTo: dtype)
            }
            for (x, y) in [(tensor(values), other), (other, tensor(values)), (other, other)] {
                let error = try ReconstructionError(original: x, reconstruction: y)
                #expect(error.isExact && error.squaredOriginal == 4 && error.product == 4, "\(dtype)")
            }
            #expect(try other.sparsity() == 3.0 / 7)
        }
    }

    @Test func whatIsNotFiniteOnBothSidesIsNoError() throws {
        let odd: [Float] = [.nan, .infinity, -.infinity, 3, -4]
        let same = try ReconstructionError(original: tensor(odd), reconstruction: tensor(odd))
        #expect(same.isExact && same.sqnr == .infinity && same.relativeError == 0 && same.cosine == 1)
        #expect(same.count == 5 && same.squaredOriginal == 25)
        let nearly = try ReconstructionError(
            original: tensor(odd), reconstruction: tensor([.nan, .infinity, -.infinity, 3, -3.5]))
        #expect(nearly.maxAbsError == 0.5 && nearly.squaredError == 0.25)
        #expect(
            try PairedHistogram(original: tensor(odd), reconstruction: tensor(odd))?.before.reduce(0, +) == 2)
    }

    @Test func whatIsNotFiniteOnOneSideIsUnbounded() throws {
        for (x, y) in [
            (Float.nan, Float(1)), (1, .nan), (.infinity, 1), (.infinity, -.infinity), (.nan, .infinity),
        ] {
            let error = try ReconstructionError(original: tensor([2, x]), reconstruction: tensor([2, y]))
            #expect(error.maxAbsError == .infinity && error.squaredError == .infinity, "\(x) \(y)")
            #expect(error.sqnr == -.infinity && error.relativeError == .infinity && !error.isExact)
        }
    }

    @Test func integersAreComparedByValue() throws {
        let x = Tensor(.int64, [3], [Int64.max, .min, 5])
        let y = Tensor(.int64, [3], [Int64.max - 1, .min, 5])
        #expect(try ReconstructionError(original: x, reconstruction: y).maxAbsError == 1)
        #expect(try ReconstructionError(original: x, reconstruction: x).isExact)
        let far = Tensor(.int64, [3], [Int64.min, .min, 5])
        #expect(try ReconstructionError(original: x, reconstruction: far).maxAbsError == 0x1p64)
        let u = Tensor(.uint64, [1], [UInt64.max])
        #expect(
            try ReconstructionError(original: u, reconstruction: Tensor(.uint64, [1], [UInt64.max - 3]))
                .maxAbsError == 3)
    }

    @Test func carriedDTypesAreExactOrUnbounded() throws {
        let bytes: [UInt64] = [1, 2]
        let x = Tensor(.complex64, [2], bytes)
        #expect(try ReconstructionError(original: x, reconstruction: x).isExact)
        let y = Tensor(.complex64, [2], [UInt64(1), 3])
        #expect(try ReconstructionError(original: x, reconstruction: y).maxAbsError == .infinity)
        #expect(
            bantamError { _ = try PairedHistogram(original: x, reconstruction: y) }?.kind == .compatibility)
    }

    @Test func differentCountsAreRefused() throws {
        let error = bantamError {
            _ = try ReconstructionError(original: tensor([1, 2]), reconstruction: tensor([1]))
        }
        #expect(error?.kind == .invalidArgument)
    }

    @Test func nothingLostAndNothingThere() throws {
        let none = try ReconstructionError(original: tensor([]), reconstruction: tensor([]))
        #expect(none == ReconstructionError() && none.isExact)
        #expect(try PairedHistogram(original: tensor([]), reconstruction: tensor([])) == nil)
        #expect(try tensor([]).sparsity() == 0)
    }

    @Test(arguments: [Float(0), 3, -1e30, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
    func constantTensorsFillOneBin(value: Float) throws {
        let constant = tensor([value, value, value])
        let histogram = try #require(try PairedHistogram(original: constant, reconstruction: constant))
        #expect(histogram.before[32] == 3 && histogram.before == histogram.after)
        #expect(histogram.range.contains(Double(value)))
        #expect(histogram.range.upperBound > histogram.range.lowerBound)
        #expect(histogram.klDivergence == 0)
    }

    @Test func histogramsOfTheWidestRangeStayInBounds() throws {
        let wide = Tensor(.float64, [3], [-Double.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude])
        let histogram = try #require(try PairedHistogram(original: wide, reconstruction: wide, bins: 4))
        #expect(histogram.before == [1, 0, 1, 1])
        #expect(
            bantamError { _ = try PairedHistogram(original: wide, reconstruction: wide, bins: 0) }?.kind
                == .invalidArgument)
    }
}
