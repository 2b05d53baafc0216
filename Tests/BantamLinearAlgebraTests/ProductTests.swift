import BantamLinearAlgebra
import BantamTensors
import BantamTestSupport
import Testing

@Suite struct ProductTests {
    @Test(arguments: [(1, 1, 1), (3, 17, 5), (300, 33, 7), (2, 700, 1100), (5, 0, 4), (0, 3, 4)])
    func everyTransposeEqualsTheSlowProduct(rows: Int, inner: Int, columns: Int) throws {
        let a = normalMatrix(rows, inner, seed: 1)
        let b = normalMatrix(inner, columns, seed: 2)
        let expected = slowProduct(a, b)
        let scale = expected.reduce(1) { $0 + $1 * $1 }.squareRoot()
        for (transposesA, transposesB) in [(false, false), (true, false), (false, true), (true, true)] {
            let product = try (transposesA ? a.transposed() : a).multiplied(
                by: transposesB ? b.transposed() : b, transposingSelf: transposesA,
                transposingOther: transposesB)
            #expect(product.tensor.shape == [rows, columns])
            #expect(distance(product, expected) < 1e-5 * scale)
        }
    }

    @Test func workersDoNotShow() throws {
        let a = normalMatrix(1030, 190, seed: 3)
        let b = normalMatrix(190, 1300, seed: 4)
        let one = try a.multiplied(by: b, workers: .one).tensor.array(as: Float.self)
        for count in [2, 4] {
            #expect(try a.multiplied(by: b, workers: Workers(count)).tensor.array(as: Float.self) == one)
        }
    }

    @Test func normAndDifferenceAndCuts() throws {
        let a = normalMatrix(37, 19, seed: 5)
        let elements = a.tensor.array(as: Float.self)
        let expected = elements.reduce(0) { $0 + Double($1) * Double($1) }
        #expect(try abs(a.squaredNorm() - expected) < 1e-12 * expected)
        #expect(try (a - a).squaredNorm() == 0)
        #expect(a.rows(3..<5).tensor.array(as: Float.self) == Array(elements[57..<95]))
        #expect(a.transposed().transposed().tensor.array(as: Float.self) == elements)
        #expect(a.transposed().tensor.array(as: Float.self)[37 * 2 + 5] == elements[5 * 19 + 2])
    }

    @Test func onlyMatricesBecomeMatrices() throws {
        #expect(
            bantamError { _ = try Matrix(Tensor(.float32, [3], [1, 2, 3] as [Float])) }?.kind
                == .invalidArgument)
        let convolution = Tensor(.float32, [2, 1, 3], [1, 2, 3, 4, 5, 6] as [Float])
        #expect(try Matrix(convolution).tensor.shape == [2, 3])
    }
}
