import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamLoaders

@Suite("Element order")
struct ElementOrderTests {
    static let shapes: [[Int]] = [
        [2, 3], [64, 64], [65, 63], [1, 130, 1, 67], [33, 2, 70], [3, 1000], [1000, 3], [5, 4, 3, 2],
        [2, 3, 4, 5, 6], [129, 31], [2, 0, 3], [7, 1],
    ]

    @Test("Fortran order is undone as one element after another would be", arguments: shapes)
    func fortran(_ axes: [Int]) throws {
        try check(axes, .uint8) { UInt8(truncatingIfNeeded: $0 &* 31) }
        try check(axes, .int16) { Int16(truncatingIfNeeded: $0 &* 257) }
        try check(axes, .float32) { Float($0) }
        try check(axes, .complex64) { UInt64($0) << 32 | 7 }
        try check(axes, .complex128) { SIMD2(UInt64($0), ~UInt64($0)) }
    }

    private func check<Element: BitwiseCopyable & Equatable>(
        _ axes: [Int], _ dtype: DType, _ element: (Int) -> Element
    ) throws {
        let shape = Shape(axes)
        let source = Tensor(dtype, shape, (0..<shape.elementCount).map(element))
        let order = ElementOrder(dtype: dtype, shape: shape, isFortranOrder: true)
        let result = order.tensor(of: source.storage).array(as: Element.self)
        var expected: [Element] = []
        for index in 0..<shape.elementCount {
            // The position of row-major `index` on each axis, then where Fortran order has it.
            var rest = index
            var position = axes
            for axis in axes.indices.reversed() {
                position[axis] = rest % axes[axis]
                rest /= axes[axis]
            }
            let from = axes.indices.reversed().reduce(0) { $0 * axes[$1] + position[$1] }
            expected.append(element(from))
        }
        #expect(result == expected)
    }

    @Test("big-endian numbers are turned around, the two of a complex one each for itself")
    func bigEndian() {
        func turned(_ dtype: DType, _ bytes: [UInt8]) -> [UInt8] {
            let shape = Shape([bytes.count * 8 / dtype.bitWidth])
            let source = Tensor(.uint8, [bytes.count], bytes).storage
            let tensor = ElementOrder(dtype: dtype, shape: shape, byteOrder: .big).tensor(of: source)
            return [UInt8](tensor.data)
        }
        #expect(turned(.uint8, [1, 2]) == [1, 2])
        #expect(turned(.bfloat16, [1, 2, 3, 4]) == [2, 1, 4, 3])
        #expect(turned(.int32, [1, 2, 3, 4]) == [4, 3, 2, 1])
        #expect(turned(.complex64, [1, 2, 3, 4, 5, 6, 7, 8]) == [4, 3, 2, 1, 8, 7, 6, 5])
        #expect(turned(.float64, [1, 2, 3, 4, 5, 6, 7, 8]) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(
            turned(.complex128, Array(1...16)) == [8, 7, 6, 5, 4, 3, 2, 1, 16, 15, 14, 13, 12, 11, 10, 9])
    }
}
