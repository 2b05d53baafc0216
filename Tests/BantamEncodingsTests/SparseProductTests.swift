import BantamEncodings
import BantamTensors
import BantamTestSupport
import CBantamKernels
import Foundation
import Testing

/// Products on sparse and low-rank matrices against SciPy's and against slow sums.
@Suite struct SparseProductTests {
    private func numbers<Number: BitwiseCopyable>(_ name: String, as type: Number.Type) throws -> [Number] {
        let data = try Data(contentsOf: fixtures().appendingPathComponent("csr/\(name).bin"))
        return data.withUnsafeBytes { Array($0.bindMemory(to: Number.self)) }
    }

    @Test func theArraysAreSciPys() throws {
        let dense = Tensor(.float32, [41, 300], try numbers("dense", as: Float.self))
        let sparse = try Sparse(dense, as: .csr)
        guard case .csr(let pointers, let indices) = sparse.positions, case .dense(let values) = sparse.values
        else { return #expect(Bool(false)) }
        #expect(pointers.array(as: UInt16.self).map { Int32($0) } == (try numbers("indptr", as: Int32.self)))
        #expect(indices.array(as: UInt16.self).map { Int32($0) } == (try numbers("indices", as: Int32.self)))
        #expect(values.array(as: Float.self) == (try numbers("data", as: Float.self)))
    }

    @Test(arguments: Sparse.Format.allCases) func theProductIsSciPys(format: Sparse.Format) throws {
        let dense = Tensor(.float32, [41, 300], try numbers("dense", as: Float.self))
        let operand = Tensor(.float32, [300, 19], try numbers("operand", as: Float.self))
        let expected = try numbers("product", as: Double.self)
        let matrix = try #require(try CSRMatrix(.sparse(Sparse(dense, as: format))))
        let product = try matrix.multiplied(by: operand).array(as: Float.self)
        for (found, expected) in zip(product, expected) { #expect(abs(Double(found) - expected) < 2e-5) }
    }

    /// The sum in the order of the columns, rounded after each product and each addition.
    private func reference(_ dense: [Float], _ rows: Int, _ columns: Int, _ x: (Int, Int) -> Float, _ n: Int)
        -> [UInt32]
    {
        (0..<rows * n).map { index in
            var sum: Float = 0
            for column in 0..<columns where dense[index / n * columns + column].bitPattern != 0 {
                let product = dense[index / n * columns + column] * x(column, index % n)
                sum += product
            }
            return sum.bitPattern
        }
    }

    @Test(arguments: [0, 1, 2], [0, 1, 3, 16, 17, 32, 33, 64, 65, 130])
    func everyWidthEqualsTheReference(level: Int, n: Int) throws {
        let before = bantam_cap_simd_level_for_tests(Int32(level))
        defer { bantam_cap_simd_level_for_tests(before) }
        var generator = SeededGenerator(seed: 5)
        let (rows, columns) = (45, 70)
        let dense = (0..<rows * columns).map { $0 % 7 < 3 && $0 / columns != 4 ? generator.normal() : 0 }
        let x = (0..<columns * n).map { _ in generator.normal() }
        let matrix = try #require(
            try CSRMatrix(.sparse(Sparse(Tensor(.float32, [rows, columns], dense), as: .csr))))
        #expect(matrix.count == dense.count { $0 != 0 })
        let expected = reference(dense, rows, columns, { x[$0 * n + $1] }, n)
        let product = try matrix.multiplied(by: Tensor(.float32, [columns, n], x))
        #expect(product.shape == [rows, n] && product.array(as: UInt32.self) == expected)
        let rowwise = (0..<n * columns).map { x[$0 % columns * n + $0 / columns] }
        let applied = try matrix.applied(to: Tensor(.float32, [n, columns], rowwise))
        #expect(applied.shape == [n, rows])
        let turned = (0..<n * rows).map { (index: Int) -> UInt32 in expected[index % rows * n + index / rows]
        }
        #expect(applied.array(as: UInt32.self) == turned)
    }

    @Test func workersDoNotShow() throws {
        var generator = SeededGenerator(seed: 6)
        let dense = (0..<1500 * 200).map { $0 % 3 == 0 ? generator.normal() : 0 }
        let x = Tensor(.float32, [150, 200], (0..<150 * 200).map { _ in generator.normal() })
        let matrix = try #require(
            try CSRMatrix(.sparse(Sparse(Tensor(.float32, [1500, 200], dense), as: .csr))))
        let one = try matrix.applied(to: x).array(as: UInt32.self)
        for count in [2, 4] {
            #expect(try matrix.applied(to: x, workers: Workers(count)).array(as: UInt32.self) == one)
        }
    }

    /// Sparse codes times their scales give what the decoded matrix gives.
    @Test(arguments: [Quantized.Granularity.tensor, .channel, .group(4), .group(100)])
    func quantizedCodesAreScaled(granularity: Quantized.Granularity) throws {
        let shape: Shape = [6, 10]
        let codes = (0..<60).map { $0 % 4 == 0 ? Int8($0 - 30) : 0 }
        let scaleShape = granularity.scaleShape(of: shape)
        let scales = (0..<scaleShape.elementCount).map { 0.5 + Float($0) / 8 }
        let quantized = Quantized(
            codes: .sparse(try Sparse(Tensor(.int8, shape, codes), as: .relative)),
            scales: Tensor(.float32, scaleShape, scales), zeroPoints: nil, granularity: granularity)
        let matrix = try #require(try CSRMatrix(.quantized(quantized)))
        let identity = (0..<100).map { Float($0 / 10 == $0 % 10 ? 1 : 0) }
        let product = try matrix.multiplied(by: Tensor(.float32, [10, 10], identity))
        let decoded = try Encoding.quantized(quantized).decoded(workers: .one)
        #expect(product.array(as: Float.self) == decoded.array(as: Float.self))
    }

    @Test func codesWithZeroPointsAreNoSparseMatrix() throws {
        let quantized = Quantized(
            codes: .sparse(try Sparse(Tensor(.int8, [1, 2], [3, 0] as [Int8]), as: .csr)),
            scales: Tensor(.float32, [], [1] as [Float]), zeroPoints: Tensor(.int8, [], [1] as [Int8]),
            granularity: .tensor)
        #expect(try CSRMatrix(.quantized(quantized)).map(\.count) == nil)
    }

    @Test func lowRankIsTwoProducts() throws {
        let left = Tensor(.float32, [4, 2], [1, 2, 3, 4, 5, 6, 7, 8] as [Float])
        let right = Tensor(.float32, [2, 3], [1, 0, -1, 2, 1, 0] as [Float])
        let lowRank = LowRank(shape: [4, 3, 1], left: .dense(left), right: .dense(right))
        let expected: [Float] = [5, 2, -1, 11, 4, -3, 17, 6, -5, 23, 8, -7]
        let decoded = try lowRank.decoded(workers: .one)
        #expect(decoded.shape == [4, 3, 1] && decoded.array(as: Float.self) == expected)
        let matrix = try LowRankMatrix(lowRank)
        let x = Tensor(.float32, [3, 2], [1, 2, 3, 4, 5, 6] as [Float])
        var slow = [Float](repeating: 0, count: 8)
        for index in 0..<24 {
            let (row, column, inner) = (index / 6, index % 2, index / 2 % 3)
            slow[row * 2 + column] += expected[row * 3 + inner] * Float(inner * 2 + column + 1)
        }
        #expect(try matrix.multiplied(by: x).array(as: Float.self) == slow)
        let transposed = Tensor(.float32, [2, 3], [1, 3, 5, 2, 4, 6] as [Float])
        let applied = try matrix.applied(to: transposed).array(as: Float.self)
        let turned = (0..<8).map { (index: Int) -> Float in slow[index % 4 * 2 + index / 4] }
        #expect(applied == turned)
    }

    @Test func operandsThatDoNotFitAreRefused() throws {
        let sparse = try Sparse(Tensor(.float32, [2, 3], [1, 0, 0, 0, 2, 0] as [Float]), as: .csr)
        let matrix = try #require(try CSRMatrix(.sparse(sparse)))
        let x = Tensor(.float32, [2, 3], [Float](repeating: 1, count: 6))
        let error = bantamError { _ = try matrix.multiplied(by: x) }
        #expect(error?.message == "expected a float32 matrix with 3 along axis 0, found float32 2×3")
        #expect(try matrix.applied(to: x).array(as: Float.self) == [1, 2, 1, 2])
        #expect(try CSRMatrix(.dense(x)).map(\.count) == nil)
    }
}
