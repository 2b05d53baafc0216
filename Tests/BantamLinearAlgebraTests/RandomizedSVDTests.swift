import BantamLinearAlgebra
import BantamTensors
import Testing

/// Against spectra known by construction, so that the best possible error is known too.
@Suite struct RandomizedSVDTests {
    enum Spectrum: CaseIterable {
        case flat, slow, fast, exponential, step, lowRank

        func value(_ index: Int) -> Double {
            let j = Double(index)
            return switch self {
            case .flat: 1
            case .slow: 1 / (1 + j).squareRoot()
            case .fast: 1 / ((1 + j) * (1 + j))
            case .exponential: power(0.8, index)
            case .step: index < 12 ? 1 : 0.01
            case .lowRank: index < 8 ? 1 : 0
            }
        }

        private func power(_ base: Double, _ exponent: Int) -> Double {
            (0..<exponent).reduce(1) { power, _ in power * base }
        }
    }

    @Test(arguments: Spectrum.allCases, [1, 8, 20])
    func theErrorStaysWithinItsBound(spectrum: Spectrum, rank: Int) throws {
        let values = (0..<96).map { spectrum.value($0) }
        let a = try matrix(200, 96, spectrum: values, seed: 31)
        let found = try RandomizedSVD(a, rank: rank)
        let total = values.reduce(0) { $0 + $1 * $1 }
        let best = values.dropFirst(rank).reduce(0) { $0 + $1 * $1 }
        let rounding = 1e-5 * total
        #expect(abs(found.squaredNorm - total) < rounding)
        #expect(found.squaredResidual <= (1 + Double(rank) / 9) * best + rounding)
        #expect(found.squaredError(keeping: rank) >= best - rounding)
        #expect(found.leastSquaredError <= best + rounding)
        #expect(found.keepsItsPromise)
        for (value, expected) in zip(found.svd.singularValues, values) {
            #expect(Double(value) <= expected + 1e-5)
        }
        let kept = found.svd.u.withElements { u in
            Matrix(
                rows: 200, columns: rank,
                (0..<200 * rank).map {
                    u[$0 / rank * found.svd.u.columns + $0 % rank] * found.svd.singularValues[$0 % rank]
                })
        }
        let error = distance(a, slowProduct(kept, found.svd.vTransposed.rows(0..<rank)))
        #expect(abs(error * error - found.squaredError(keeping: rank)) < rounding)
        #expect(departureFromOrthonormal(found.svd.u) < 1e-4)
    }

    @Test func workersDoNotShow() throws {
        let a = normalMatrix(900, 300, seed: 33)
        let one = try RandomizedSVD(a, rank: 16, workers: .one)
        for count in [2, 4] {
            let other = try RandomizedSVD(a, rank: 16, workers: Workers(count))
            #expect(other.svd.u.tensor.array(as: UInt32.self) == one.svd.u.tensor.array(as: UInt32.self))
            #expect(other.svd.singularValues == one.svd.singularValues)
            #expect(other.squaredResidual == one.squaredResidual)
        }
    }
}
