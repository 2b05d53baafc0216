import BantamEncodings
import BantamEvaluator
import BantamTensors
import BantamTestSupport
import Testing

/// Singular values of low-rank tensors, against closed forms.
@Suite struct SpectrumTests {
    private func matrix(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Float) -> Tensor {
        let values = (0..<rows * columns).map { element($0 / columns, $0 % columns) }
        return Tensor(.float32, [rows, columns], values)
    }

    @Test func aDiagonalMatrixIsItsOwnSpectrum() throws {
        let spectrum = try Spectrum(of: matrix(3, 4) { $0 == $1 ? [2, 5, 3][$0] : 0 }, rank: 2)
        #expect(spectrum.rank == 2)
        #expect(zip(spectrum.singularValues, [5.0, 3, 2]).allSatisfy { isClose($0, $1, digits: 6) })
    }

    @Test func squaresAddUpToTheSquaredNorm() throws {
        var random = SeededGenerator(seed: 3)
        let tensor = matrix(30, 20) { _, _ in random.normal() }
        let squares = try Spectrum(of: tensor, rank: 1).singularValues.map { $0 * $0 }
        let norm = try ReconstructionError(original: tensor, reconstruction: tensor).squaredOriginal
        #expect(squares.count == 20 && isClose(squares.reduce(0, +), norm, digits: 5))
    }

    @Test func lowRankTensorsOfAnArchiveHaveOne() throws {
        let left = matrix(6, 2) { Float($0 + $1) }
        let right = matrix(2, 5) { Float($0 * 3 - $1) }
        let product = matrix(6, 5) { row, column in
            (0..<2).reduce(0) { $0 + Float(row + $1) * Float($1 * 3 - column) }
        }
        let original = MemoryFile("a", [("w", product), ("b", product)])
        let archive = MemoryArchive("b", [("w", product), ("b", product)])
        archive.stored = [("low-rank>coded", 88), ("kept", 120)]
        archive.encodings = [
            .lowRank(LowRank(shape: [6, 5], left: .dense(left), right: .dense(right))), .dense(product),
        ]
        let found = try Evaluator().evaluate(original: original, compressed: archive)
        let spectrum = try #require(found.tensors[0].spectrum)
        #expect(spectrum.rank == 2 && spectrum.singularValues.count == 5)
        // The product of two factors of rank 2: nothing beyond rounding is left of the third.
        #expect(spectrum.singularValues[2] < 1e-5 * spectrum.singularValues[0])
        #expect(found.tensors[1].spectrum == nil)
    }
}
