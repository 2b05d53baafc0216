import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

/// Palettes look up, and refuse what lies.
@Suite struct PalettizedTests {
    private func codes(_ codes: [UInt8], _ shape: Shape) -> Encoding { .dense(Tensor(.uint8, shape, codes)) }
    private func book(_ values: [Float]) -> Tensor { Tensor(.float32, [values.count], values) }

    @Test func groupsOfRowsHaveTheirOwn() throws {
        let palettized = Palettized(
            codes: codes([0, 1, 1, 0, 1, 1], [3, 2]), codebook: book([1, 2, 30, 40]), rowsPerGroup: 2)
        #expect(palettized.groupCount == 2 && palettized.valueCount == 2 && palettized.codeBits == 1)
        #expect(try palettized.decoded(workers: .one).array(as: Float.self) == [1, 2, 2, 1, 40, 40])
    }

    @Test func liesAreRefused() {
        func message(_ palettized: Palettized) -> String? {
            bantamError { _ = try palettized.decoded(workers: .one) }?.message
        }
        #expect(
            message(Palettized(codes: codes([0, 3], [2]), codebook: book([1, 2, 3])))
                == "expected codes below the 3 values of the palette, found 3")
        #expect(
            message(Palettized(codes: codes([0, 0], [2, 1]), codebook: book([1, 2, 3]), rowsPerGroup: 1))
                == "expected 1 to 256 values for each of 2 groups of rows, found 3")
        #expect(
            message(Palettized(codes: codes([0], [1]), codebook: book([Float](repeating: 0, count: 257))))
                == "expected 1 to 256 values for each of 1 groups of rows, found 257")
        #expect(message(Palettized(codes: codes([0], [1]), codebook: book([]))) != nil)
        #expect(message(Palettized(codes: codes([0], [1]), codebook: book([1]), rowsPerGroup: 0)) != nil)
        #expect(
            message(Palettized(codes: .dense(Tensor(.int8, [1], [0] as [Int8])), codebook: book([1])))
                == "expected uint8 codes of a palette, found int8 ones")
        let huge = Palettized(codes: codes([0, 0], [2, 1]), codebook: book([1]), rowsPerGroup: .max)
        #expect(message(huge) == nil)
    }
}
