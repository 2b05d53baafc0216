import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import CBantamKernels
import Glibc
import Testing

/// Whole tensors: from numbers to bytes and back.
@Suite struct RateDistortionTests {
    /// What tensors may be like.
    enum Kind: CaseIterable {
        case normal, scaled, outliers, zeros, constant, shifted, sparse

        func tensor(_ shape: Shape) -> Tensor {
            let columns = max(1, shape.axes.last ?? 1)
            var values = normals(shape.elementCount, seed: UInt64(shape.elementCount + 1))
            for index in values.indices {
                switch self {
                case .normal: break
                case .scaled: values[index] *= exp2(Float((index / columns) % 5 - index % columns % 4))
                case .outliers: if index % 101 == 3 { values[index] *= 100 }
                case .zeros: values[index] = 0
                case .constant: values[index] = -0.75
                case .shifted: values[index] += Float(index % columns % 5) * 3 - 6
                case .sparse: if index % 10 != 0 { values[index] = 0 }
                }
            }
            return Tensor(.float32, shape, values)
        }
    }

    static func coded(
        _ tensor: Tensor, _ code: TrellisCode, step: Float, workers: Workers = .one
    ) throws -> TrellisCoded {
        let quantization = RateDistortion(code: code)
        var training = RateDistortionTraining(quantization, elementCount: tensor.elementCount)
        try training.add(tensor, workers: workers)
        let tables = try training.tables(step: step, workers: workers).tables
        return try quantization.encode(tensor, step: step, tables: tables, workers: workers)
    }

    @Test(arguments: Kind.allCases, [0.03, 0.8] as [Float])
    func comesBackAsTheReferenceHasIt(_ kind: Kind, _ step: Float) throws {
        for shape in [[], [37], [33, 17], [300, 64], [7, 5, 3, 2]] as [Shape] {
            let tensor = kind.tensor(shape)
            let coded = try Self.coded(tensor, .states64, step: step)
            let expected = try TrellisReference.decode(coded)
            var found: [[Float]] = []
            try forEachLevel { _ in
                found.append(try coded.decoded(workers: .one).array(as: Float.self))
            }
            #expect(found.allSatisfy { $0 == expected }, "\(shape)")
            // The nearest two levels of a quantizer and parity are four steps apart; centroids are within one.
            for (value, back) in zip(tensor.array(as: Float.self), expected) {
                #expect(abs(value - back) <= 5 * step + 1e-5 * abs(value), "\(shape)")
            }
        }
    }

    /// More than one block, lanes full, with escapes, raw bits and means, by any number of threads at any level.
    @Test(arguments: zip([Kind.outliers, .shifted, .scaled], TrellisCode.allCases))
    func sameBytesEverywhere(_ kind: Kind, _ code: TrellisCode) throws {
        let tensor = kind.tensor([1100, 501])
        let step: Float = kind == .outliers ? 0.02 : 0.3
        let coded = try Self.coded(tensor, code, step: step)
        let bytes = coded.indices.array(as: UInt8.self)
        let decoded = try coded.decoded(workers: .one).array(as: Float.self)
        #expect(try coded.code == code && coded.step == step)
        try forEachLevel { level in
            let again = try Self.coded(tensor, code, step: step)
            #expect(again.indices.array(as: UInt8.self) == bytes, "level \(level)")
            #expect(again.tables.array(as: UInt8.self) == coded.tables.array(as: UInt8.self))
            #expect(try coded.decoded(workers: .one).array(as: Float.self) == decoded)
        }
        for threads in [3] {
            let again = try Self.coded(tensor, code, step: step, workers: Workers(threads))
            #expect(again.indices.array(as: UInt8.self) == bytes, "\(threads) threads")
            #expect(try again.decoded(workers: Workers(threads)).array(as: Float.self) == decoded)
        }
        if code == .states64 { #expect(try TrellisReference.decode(coded) == decoded) }
    }

    /// Full lanes in rows shorter than a step of them, and in rows too few to keep their contexts.
    @Test(arguments: [[20000, 7], [3, 50000]] as [Shape])
    func narrowAndWideMatricesComeBack(_ shape: Shape) throws {
        let coded = try Self.coded(Kind.shifted.tensor(shape), .states8, step: 0.3)
        let expected = try TrellisReference.decode(coded)
        try forEachLevel { level in
            let found = try coded.decoded(workers: .one).array(as: Float.self)
            #expect(found == expected, "level \(level)")
        }
    }

    /// The bound for a normal distribution is ½·log₂(1/D), and scalar quantization ends ½·log₂(πe/6) ≈ 0.25 bit above
    /// it at high rates (H. Gish and J. Pierce, "Asymptotically efficient quantizing", 1968): a trellis leaves half of
    /// that or less.
    @Test(
        arguments: [(TrellisCode.states8, 0.13), (.states64, 0.09), (.states256, 0.075)],
        [0.25, 0.8, 2.2] as [Float])
    func nearTheBound(_ code: (TrellisCode, Double), _ step: Float) throws {
        let tensor = Kind.normal.tensor([512, 256])
        let coded = try Self.coded(tensor, code.0, step: step, workers: Workers(4))
        let bits = Double(8 * coded.indices.byteCount) / Double(tensor.elementCount)
        let decoded = try coded.decoded(workers: Workers(4)).array(as: Float.self)
        let (signal, noise) = zip(tensor.array(as: Float.self), decoded).reduce((0.0, 0.0)) { sums, pair in
            (sums.0 + Double(pair.0 * pair.0), sums.1 + Double((pair.0 - pair.1) * (pair.0 - pair.1)))
        }
        let sqnr = 10 * log10(signal / noise)
        #expect(bits - sqnr / (20 * log10(2)) < code.1, "\(bits) bits, \(sqnr) dB")
    }

    /// A small matrix takes little more than its indices.
    @Test func smallTensorsHaveLittleBesideIndices() throws {
        let tensor = Kind.scaled.tensor([300, 64])
        let coded = try Self.coded(Kind.normal.tensor([300, 64]), .states64, step: 0.4)
        #expect(coded.tables.byteCount < 120)
        let header = try coded.layout().header
        #expect(header.serialized().count < 24)
        #expect(
            try Self.coded(tensor, .states64, step: 0.4).layout().header.rowClasses.classes.contains {
                $0 != 16
            })
    }

    @Test(arguments: [6.0, 18.0, 31.0]) func reachesAnError(_ goal: Double) throws {
        let tensors = [
            Kind.normal.tensor([400, 96]), Kind.scaled.tensor([256, 300]), Kind.shifted.tensor([40, 8]),
        ]
        let quantization = RateDistortion(code: .states8)
        var training = RateDistortionTraining(
            quantization, elementCount: tensors.reduce(0) { $0 + $1.elementCount })
        for tensor in tensors { try training.add(tensor, workers: .one) }
        let found = try training.tables(reaching: .sqnr(goal), workers: .one)
        var (signal, noise, bytes) = (0.0, 0.0, found.tables.tensor.byteCount)
        for tensor in tensors {
            let coded = try quantization.encode(tensor, step: found.step, tables: found.tables, workers: .one)
            bytes += coded.indices.byteCount
            for (a, b) in zip(
                tensor.array(as: Float.self), try coded.decoded(workers: .one).array(as: Float.self))
            {
                signal += Double(a) * Double(a)
                noise += Double(a - b) * Double(a - b)
            }
        }
        #expect(abs(10 * log10(signal / noise) - goal) < 0.1)
        let bits = Double(8 * bytes) / Double(tensors.reduce(0) { $0 + $1.elementCount })
        #expect(abs(found.bitsPerWeight - bits) < 0.01)
        let again = try training.tables(reaching: .bitsPerWeight(bits), workers: .one)
        #expect(abs(again.bitsPerWeight / bits - 1) < 0.005)
        #expect(abs(again.sqnr - found.sqnr) < 0.2)
    }

    @Test func refusesWhatCannotBe() throws {
        var values = normals(100)
        let tensor = Tensor(.float32, [10, 10], values)
        for step in [0, -1, .nan, .infinity, 1e-6] as [Float] {
            #expect(
                bantamError { _ = try Self.coded(tensor, .states8, step: step) }?.kind == .invalidArgument)
        }
        values[50] = .nan
        let broken = Tensor(.float32, [10, 10], values)
        #expect(bantamError { _ = try Self.coded(broken, .states8, step: 1) }?.kind == .corruption)
    }
}
