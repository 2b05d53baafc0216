import CBantamKernels
import Testing

/// The kernels against plain Swift, at every vector level.
@Suite struct CompressKernelTests {
    @Test(arguments: [0, 1, 2]) func everyWidthEqualsTheReference(level: Int) {
        let before = bantam_cap_simd_level_for_tests(Int32(level))
        defer { bantam_cap_simd_level_for_tests(before) }
        for count in [0, 1, 15, 16, 17, 31, 33, 127, 130, 255] {
            check(count, UInt8.self)
            check(count, UInt16.self)
            check(count, UInt32.self)
            check(count, UInt64.self)
        }
    }

    private func check<Element: FixedWidthInteger>(_ count: Int, _: Element.Type) {
        for step in [1, 2, 3, 40] {
            let source = (0..<count).map { Element(truncatingIfNeeded: $0 % step == 0 ? $0 % 100 + 1 : 0) }
            let places = source.indices.filter { source[$0] != 0 }
            let width = MemoryLayout<Element>.size
            #expect(bantam_count_nonzero(source, width, count) == places.count)
            var mask = [UInt8](repeating: 0xaa, count: (count + 7) / 8)
            bantam_nonzero_mask(source, width, count, &mask)
            let marked = (0..<mask.count * 8).filter { (mask[$0 / 8] >> UInt8($0 % 8)) & 1 == 1 }
            #expect(marked == places)
            for capacity in Set([places.count, places.count / 2, 0]) {
                compress(source, Array(places.prefix(capacity)), UInt8.self)
                compress(source, Array(places.prefix(capacity)), UInt16.self)
                compress(source, Array(places.prefix(capacity)), UInt32.self)
                compress(source, Array(places.prefix(capacity)), UInt64.self)
            }
        }
    }

    /// Expects what stands at `places`, and nothing written behind it.
    private func compress<Element: FixedWidthInteger, Index: FixedWidthInteger>(
        _ source: [Element], _ places: [Int], _: Index.Type
    ) {
        var values = [Element](repeating: 77, count: places.count + 1)
        var indices = [Index](repeating: 77, count: places.count + 1)
        let written = bantam_compress(
            source, MemoryLayout<Element>.size, source.count, &values, &indices, MemoryLayout<Index>.size,
            places.count)
        #expect(written == places.count)
        #expect(values == places.map { source[$0] } + [77])
        #expect(indices == places.map { Index($0) } + [77])
        values[values.count - 1] = 78
        #expect(
            bantam_compress(
                source, MemoryLayout<Element>.size, source.count, &values, nil, 0, places.count)
                == places.count)
        #expect(values.last == 78)
    }
}
