import BantamEncodings
import BantamPasses
import BantamTensors
import BantamTestSupport
import Testing

@testable import BantamLinearAlgebra

/// On matrices whose singular values are known, so that Eckart–Young says what the error must be.
@Suite struct FactorizeTests {
    private let context = PassContext(workers: .one) { _ in 0 }

    private func matrix(_ rows: Int, _ columns: Int, _ spectrum: [Double]) throws -> Tensor {
        func orthonormal(_ rows: Int, seed: UInt64) throws -> Matrix {
            var generator = SeededGenerator(seed: seed)
            let count = spectrum.count
            return try QR(
                Matrix(rows: rows, columns: count, (0..<rows * count).map { _ in generator.normal() })
            ).q
        }
        let (u, v) = (try orthonormal(rows, seed: 1), try orthonormal(columns, seed: 2))
        let scaled = u.withElements { elements in
            Matrix(
                rows: rows, columns: spectrum.count,
                elements.indices.map { elements[$0] * Float(spectrum[$0 % spectrum.count]) })
        }
        return try scaled.multiplied(by: v, transposingOther: true).tensor
    }

    private func factors(
        _ pass: Factorize, _ tensor: Tensor, _ workers: Workers = .one
    ) throws -> (lowRank: LowRank, error: Double, notes: [String]) {
        let context = PassContext(workers: workers) { _ in 0 }
        let result = try pass.apply(to: .dense(tensor), context)
        guard case .lowRank(let lowRank) = result.encoding else {
            throw BantamError(.internal, "kept: \(result.notes)")
        }
        let decoded = try lowRank.decoded(workers: .one).array(as: Float.self)
        let original = try tensor.float32().array(as: Float.self)
        var (difference, norm) = (0.0, 0.0)
        for (x, y) in zip(original, decoded) {
            difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
            norm += Double(x) * Double(x)
        }
        return (lowRank, (difference / norm).squareRoot(), result.notes)
    }

    private let spectrum = (0..<40).map { 1 / Double($0 + 1) }

    private func bestError(_ rank: Int) -> Double {
        let squares = spectrum.map { $0 * $0 }
        return (squares.dropFirst(rank).reduce(0, +) / squares.reduce(0, +)).squareRoot()
    }

    @Test(arguments: [1, 2, 5, 14]) func theErrorIsEckartAndYoungs(rank: Int) throws {
        let found = try factors(Factorize(.rank(rank)), matrix(60, 40, spectrum))
        #expect(found.lowRank.rank == rank)
        #expect(found.lowRank.left.shape == [60, rank] && found.lowRank.right.shape == [rank, 40])
        #expect(abs(found.error - bestError(rank)) < 1e-5)
        #expect(found.notes.count == 1 && found.notes[0].contains("rank \(rank) of 40 (exact)"))
    }

    @Test(arguments: [Factorize.Method.exact, .randomized])
    func energyAndErrorTakeTheFewest(method: Factorize.Method) throws {
        let tensor = try matrix(60, 40, spectrum)
        for rank in [1, 3, 8] {
            let between = (bestError(rank) + bestError(rank - 1)) / 2
            let byError = try factors(Factorize(.error(between), method: method), tensor)
            #expect(byError.lowRank.rank == rank && byError.error <= between)
            let byEnergy = try factors(Factorize(.energy(1 - between * between), method: method), tensor)
            #expect(byEnergy.lowRank.rank == rank)
            #expect(byEnergy.notes.last?.contains("(\(method.rawValue))") == true)
        }
    }

    @Test func ratioIsRoundedDown() throws {
        // 60·40/(60 + 40) = 24: a ratio of 0.5 is rank 12, 0.54 too, and 0.01 still 1.
        for (ratio, rank) in [(0.5, 12), (0.54, 12), (0.545, 13), (0.01, 1)] {
            #expect(try factors(Factorize(.ratio(ratio)), matrix(60, 40, spectrum)).lowRank.rank == rank)
        }
    }

    @Test func singularValuesAreSplitEvenly() throws {
        let lowRank = try factors(Factorize(.rank(3)), matrix(60, 40, spectrum)).lowRank
        let left = try lowRank.left.decoded(workers: .one).array(as: Float.self)
        let right = try lowRank.right.decoded(workers: .one).array(as: Float.self)
        for index in 0..<3 {
            let inLeft = (0..<60).reduce(0) { $0 + left[$1 * 3 + index] * left[$1 * 3 + index] }
            let inRight = (0..<40).reduce(0) { $0 + right[index * 40 + $1] * right[index * 40 + $1] }
            #expect(
                abs(inLeft - Float(spectrum[index])) < 1e-5 && abs(inRight - Float(spectrum[index])) < 1e-5)
        }
    }

    @Test(arguments: [
        (Factorize.Target.rank(40), "rank 40 is not below the full rank 40 of 60×40"),
        (.rank(24), "factors of rank 24 have 2400 elements and the 60×40 matrix has 2400"),
        (.rank(.max), "is not below the full rank"), (.energy(1), "is not below the full rank 40"),
        (.error(0.02), "factors of rank 39 have 3900 elements"), (.ratio(1), "factors of rank 24"),
    ])
    func whatWouldNotShrinkStays(target: Factorize.Target, note: String) throws {
        let result = try Factorize(target).apply(to: .dense(matrix(60, 40, spectrum)), context)
        #expect(result.encoding.summary == "float32")
        #expect(result.notes.count == 1 && result.notes[0].contains("kept as it is"))
        #expect(result.notes[0].contains(note), "\(result.notes)")
    }

    @Test func thinRanksOfLargeMatricesAreFoundAtRandom() throws {
        let spectrum = (0..<260).map { 1 / Double($0 + 1) }
        let tensor = try matrix(400, 260, spectrum)
        let found = try factors(Factorize(.rank(20)), tensor)
        #expect(found.notes == found.notes.filter { $0.contains("rank 20 of 260 (randomized)") })
        let squares = spectrum.map { $0 * $0 }
        let best = (squares.dropFirst(20).reduce(0, +) / squares.reduce(0, +)).squareRoot()
        #expect(found.error <= best * (2 + 20.0 / 9).squareRoot() && found.error >= best - 1e-5)
        let exact = try factors(Factorize(.rank(20), method: .exact), tensor)
        #expect(abs(exact.error - best) < 1e-5)
        #expect(try factors(Factorize(.rank(50)), tensor).notes[0].contains("(exact)"))
        let small = try factors(Factorize(.rank(20), method: .randomized), matrix(60, 40, self.spectrum))
        #expect(
            small.notes.first
                == "low-rank: exact decomposition instead, a rank of 20 is not small against 60×40 for a randomized one"
        )
    }

    /// The largest singular vector is made orthogonal to every random vector of the range finder, which so
    /// misses it, and must notice.
    @Test func aBrokenPromiseIsNoticed() throws {
        let width = 1 + RandomizedSVD.oversampling
        let test = Matrix.normal(rows: 60, columns: width, seed: 0x42)
        let more = Matrix.normal(rows: 60, columns: 1, seed: 7)
        let joined = Matrix(
            rows: 60, columns: width + 1,
            (0..<60 * (width + 1)).map { index in
                let (row, column) = index.quotientAndRemainder(dividingBy: width + 1)
                return column < width
                    ? test.tensor.array(as: Float.self)[row * width + column]
                    : more.tensor.array(as: Float.self)[row]
            })
        let right = try QR(joined).q.transposed()
        let left = try QR(Matrix.normal(rows: 40, columns: width + 1, seed: 8)).q
        let scaled = left.withElements { elements in
            Matrix(
                rows: 40, columns: width + 1,
                elements.indices.map { elements[$0] * ($0 % (width + 1) == width ? 3 : 0.5) })
        }
        let matrix = try scaled.multiplied(by: right)
        #expect(try RandomizedSVD(matrix, rank: 1).keepsItsPromise == false)
        let found = try factors(Factorize(.rank(1), method: .randomized), matrix.tensor)
        #expect(
            found.notes.first?.hasPrefix("low-rank: exact decomposition instead, the randomized one") == true)
        #expect(abs(found.error - (2.75 / 11.75).squareRoot()) < 1e-5)
    }

    @Test func workersDoNotShow() throws {
        let tensor = try matrix(5000, 48, (0..<48).map { 1 / Double($0 + 1) })
        for method in [Factorize.Method.exact, .randomized] {
            let pass = try Factorize(.rank(6), method: method)
            let one = try factors(pass, tensor).lowRank.left.decoded(workers: .one).array(as: UInt32.self)
            for count in [2, 4] {
                let left = try factors(pass, tensor, Workers(count)).lowRank.left
                #expect(try left.decoded(workers: .one).array(as: UInt32.self) == one)
            }
        }
    }

    @Test func otherFloatsAndShapes() throws {
        let tensor = try matrix(24, 48, (0..<24).map { $0 < 3 ? 1 : 0 }).reshaped([24, 3, 4, 4])
        for (dtype, bound) in [(DType.float64, 1e-5), (.float16, 1e-3), (.bfloat16, 1e-2)] {
            let found = try factors(Factorize(.rank(3)), tensor.float32(roundedTo: dtype))
            #expect(found.lowRank.shape == [24, 3, 4, 4] && found.error < bound)
        }
    }

    @Test func whatHasNoDecompositionIsRefused() throws {
        let pass = try Factorize(.rank(1))
        func refusal(_ encoding: Encoding) -> BantamError? {
            bantamError { _ = try pass.apply(to: encoding, context) }
        }
        let strange = Tensor(.float32, [2, 3], [1, .nan, 0, .infinity, 0, -.infinity] as [Float])
        #expect(refusal(.dense(strange))?.kind == .corruption)
        #expect(
            refusal(.dense(strange))?.message
                == "low-rank: expected finite values, found 3 NaN or infinite ones")
        let vector = Tensor(.float32, [3], [1, 2, 3] as [Float])
        #expect(
            refusal(.dense(vector))?.message == "low-rank: expected a tensor of rank 2 or more, found shape 3"
        )
        #expect(refusal(.dense(Tensor(.int8, [1, 1], [1] as [Int8])))?.kind == .invalidArgument)
        let factors = LowRank(shape: [1, 1], left: .dense(vector), right: .dense(vector))
        #expect(refusal(.lowRank(factors))?.kind == .invalidArgument)
        let empty = try pass.apply(to: .dense(Tensor(.float32, [0, 3], [Float]())), context)
        #expect(empty.notes == ["low-rank: kept as it is, it has no elements"])
        let zeros = Tensor(.float32, [8, 8], [Float](repeating: 0, count: 64))
        #expect(try Factorize(.energy(0.9)).apply(to: .dense(zeros), context).encoding.summary == "low-rank")
    }

    @Test(arguments: [
        Factorize.Target.rank(0), .rank(-1), .energy(0), .energy(1.1), .energy(.nan), .error(-0.1), .error(1),
        .error(.nan), .ratio(0), .ratio(1.5), .ratio(.nan),
    ])
    func targetsThatMakeNoSenseAreRefused(target: Factorize.Target) {
        let error = bantamError { _ = try Factorize(target) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message.hasPrefix("low-rank: expected") == true)
    }
}
