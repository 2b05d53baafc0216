import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

/// Distinct rows and which row is which, against matrices written out by hand.
@Suite struct RepeatedRowsTests {
    private static let distinct = Tensor(.int16, [3, 2], [1, 2, 3, 4, 5, 6] as [Int16])
    private static let whole: [Int16] = [1, 2, 1, 2, 3, 4, 5, 6, 3, 4, 1, 2]

    private static func repeats(_ numbers: [UInt64], as dtype: DType) -> Tensor {
        switch dtype {
        case .uint8: Tensor(dtype, [numbers.count], numbers.map { UInt8($0) })
        case .uint16: Tensor(dtype, [numbers.count], numbers.map { UInt16($0) })
        case .uint32: Tensor(dtype, [numbers.count], numbers.map { UInt32($0) })
        default: Tensor(dtype, [numbers.count], numbers)
        }
    }

    @Test(arguments: [DType.uint8, .uint16, .uint32, .uint64]) func rowsAreWrittenOut(_ dtype: DType) throws {
        let rows = RepeatedRows(
            distinct: Self.distinct, repeats: Self.repeats([0, 1, 0, 0, 2, 1], as: dtype))
        let matrix = try rows.decoded(shape: [6, 2], workers: Workers(3))
        #expect(matrix.dtype == .int16 && matrix.shape == [6, 2])
        #expect(matrix.array(as: Int16.self) == Self.whole)
        #expect(try rows.decoded(shape: [6, 1, 2], workers: .one).shape == [6, 1, 2])
    }

    /// More than one piece of work, with rows of odd length.
    @Test func largeMatricesComeBack() throws {
        let (rows, columns, kinds) = (40_001, 67, 1000)
        let kind = (0..<rows).map { $0 < kinds ? $0 : ($0 * 7919) % kinds }
        let bytes = kind.flatMap { kind in (0..<columns).map { UInt8((kind * 31 + $0 * $0) % 251) } }
        let tensor = Tensor(.uint8, [rows, columns], bytes)
        let repeats = kind.enumerated().map { $0 < kinds ? 0 : UInt32($1 + 1) }
        for workers in [Workers.one, Workers(4)] {
            let held = RepeatedRows(of: tensor, repeats: repeats, workers: workers)
            #expect(held.distinct.array(as: UInt8.self) == Array(bytes[..<(kinds * columns)]))
            #expect(held.distinct.shape == [kinds, columns] && held.repeats.dtype == .uint16)
            let again = try held.decoded(shape: tensor.shape, workers: workers)
            #expect(again.array(as: UInt8.self) == bytes)
        }
    }

    @Test(arguments: [(255, DType.uint8), (256, .uint16), (65_535, .uint16), (65_536, .uint32)])
    func numbersAreAsNarrowAsTheyCanBe(_ largest: Int, _ dtype: DType) {
        let tensor = Tensor(.uint8, [largest + 1, 1], (0...largest).map { UInt8($0 % 256) })
        let repeats = (0...largest).map { $0 == largest ? UInt32(largest) : 0 }
        let rows = RepeatedRows(of: tensor, repeats: repeats, workers: .one)
        #expect(rows.repeats.dtype == dtype && rows.distinct.shape == [largest, 1])
    }

    @Test func partsThatDoNotFitAreRefused() {
        func message(
            _ numbers: [UInt64], _ dtype: DType = .uint8, shape: Shape = [6, 2],
            distinct: Tensor = RepeatedRowsTests.distinct
        ) -> String? {
            let rows = RepeatedRows(distinct: distinct, repeats: Self.repeats(numbers, as: dtype))
            let error = bantamError { _ = try rows.decoded(shape: shape, workers: .one) }
            #expect(error?.kind == .corruption)
            return error?.message
        }
        #expect(
            message([0, 2, 0, 0, 2, 1])
                == "expected row 1 to repeat one of the 1 distinct rows above it, found 2")
        #expect(
            message([1, 0, 0, 0, 2, 1])
                == "expected row 0 to repeat one of the 0 distinct rows above it, found 1")
        #expect(
            message([0, 1, 0, 0, .max, 1], .uint64)
                == "expected row 4 to repeat one of the 3 distinct rows above it, found 18446744073709551615")
        #expect(message([0, 1, 0, 1, 2, 1]) == "expected 3 distinct rows, found 2")
        #expect(message([0, 1, 0, 0, 0, 1]) == "expected 3 distinct rows, found 4")
        #expect(message([0, 1, 0, 0, 2]) == "expected repeats of 6 rows, found 5")
        #expect(
            message([0, 1, 0, 0, 2, 1], shape: [6, 3])
                == "expected distinct rows of 3 columns, found 3×2")
        #expect(
            message([0, 1, 0, 0, 2, 1], shape: [12])
                == "expected a matrix for repeated rows, found shape 12")
        #expect(
            message([0, 1, 0, 0, 2, 1], shape: [6, 0])
                == "expected a matrix for repeated rows, found shape 6×0")
        let bits = Tensor(
            .float4, [2, 3], Storage(byteCount: 3) { $0.initializeMemory(as: UInt8.self, repeating: 0) })
        #expect(
            message([0, 0], shape: [2, 3], distinct: bits)
                == "expected rows of whole bytes, found 3 columns of float4")
        let signed = RepeatedRows(
            distinct: Self.distinct, repeats: Tensor(.int8, [6], [Int8](repeating: 0, count: 6)))
        #expect(
            bantamError { _ = try signed.decoded(shape: [6, 2], workers: .one) }?.message
                == "expected unsigned integers, found int8")
    }
}
