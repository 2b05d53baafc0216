import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamLinearAlgebra

@Suite struct SVDTests {
    @Test(arguments: [("square", 31, 31), ("tall", 83, 20), ("wide", 24, 57)])
    func numpyFindsTheSameSpectrum(name: String, rows: Int, columns: Int) throws {
        let a = Matrix(rows: rows, columns: columns, try numbers("\(name).matrix.bin", as: Float.self))
        let expected = try numbers("\(name).singular_values.bin", as: Double.self)
        let errors = try numbers("\(name).truncation_errors.bin", as: Double.self)
        let svd = try SVD(a)
        #expect(svd.singularValues.count == expected.count)
        for (found, expected) in zip(svd.singularValues, expected) {
            #expect(abs(Double(found) - expected) < 1e-6 * errors[0] + 1e-6 * Double(svd.singularValues[0]))
        }
        #expect(departureFromOrthonormal(svd.u) < 1e-5)
        #expect(departureFromOrthonormal(svd.vTransposed.transposed()) < 1e-5)
        for rank in [1, 2, 7, expected.count] {
            let kept = svd.u.withElements { u in
                Matrix(
                    rows: rows, columns: expected.count,
                    u.indices.map {
                        let column = $0 % expected.count
                        return column < rank ? u[$0] * svd.singularValues[column] : 0
                    })
            }
            let error = distance(a, slowProduct(kept, svd.vTransposed))
            #expect(abs(error - errors[rank - 1]) < 1e-5 * Double(svd.singularValues[0]))
        }
    }

    /// Long sides are cut into blocks; the spectrum is known by construction.
    @Test(arguments: [(5000, 24), (24, 5000), (90, 80), (1, 1), (1, 9), (9, 1)])
    func aKnownSpectrumIsFound(rows: Int, columns: Int) throws {
        let spectrum = (0..<min(rows, columns)).map { 3 / Double($0 + 1) }
        let a = try matrix(rows, columns, spectrum: spectrum, seed: 9)
        let svd = try SVD(a)
        for (found, expected) in zip(svd.singularValues, spectrum) {
            #expect(abs(Double(found) - expected) < 1e-5)
        }
        #expect(departureFromOrthonormal(svd.u) < 1e-4)
    }

    @Test func tallFactorsAreThoseOfQR() throws {
        let a = normalMatrix(9001, 20, seed: 11)
        let qr = try QR(a)
        #expect(departureFromOrthonormal(qr.q) < 1e-5)
        #expect(distance(a, slowProduct(qr.q, qr.r)) < 1e-3)
        let r = qr.r.tensor.array(as: Float.self)
        for row in 1..<20 { #expect(r[(row * 20)..<(row * 20 + row)].allSatisfy { $0 == 0 }) }
    }

    @Test func workersDoNotShow() throws {
        let a = normalMatrix(9001, 60, seed: 12)
        let one = try SVD(a, workers: .one)
        for count in [2, 4] {
            let other = try SVD(a, workers: Workers(count))
            #expect(other.singularValues == one.singularValues)
            #expect(other.u.tensor.array(as: UInt32.self) == one.u.tensor.array(as: UInt32.self))
            #expect(
                other.vTransposed.tensor.array(as: UInt32.self)
                    == one.vTransposed.tensor.array(as: UInt32.self))
        }
    }

    @Test func zerosHaveNoSpectrum() throws {
        #expect(try SVD(Matrix(rows: 3, columns: 2, [0, 0, 0, 0, 0, 0])).singularValues == [0, 0])
    }

    @Test func whatLAPACKSaysIsNamed() throws {
        let strange = Matrix(rows: 2, columns: 2, [1, .nan, 0, 1])
        let error = bantamError { _ = try SVD(strange) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message == "LAPACK sgesdd: argument 5 is invalid or contains NaN")
        let failure = bantamError { try LAPACKRoutine.sgesdd.check(3) }
        #expect(failure?.kind == .internal)
        #expect(failure?.message.contains("did not converge (3 superdiagonals left)") == true)
        #expect(bantamError { try LAPACKRoutine.sgeqrf.check(-1010) }?.message.contains("work space") == true)
        #expect(bantamError { try LAPACKRoutine.sorgqr.check(-1011) }?.message.contains("transpose") == true)
        #expect(bantamError { _ = try LAPACKRoutine.dimension(1 << 31) }?.kind == .compatibility)
    }
}
