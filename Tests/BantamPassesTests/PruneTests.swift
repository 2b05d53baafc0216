import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Testing

/// Pruning against sorting.
@Suite struct PruneTests {
    /// The indices in the order in which they go: by magnitude, NaN last, then by index.
    static func order(_ values: [Double]) -> [Int] {
        let keys = values.map { $0.isNaN ? Double.infinity.nextUp : $0.magnitude }
        return values.indices.sorted { a, b in
            let (first, second) = (values[a].isNaN ? 1 : 0, values[b].isNaN ? 1 : 0)
            if first != second { return first < second }
            return first == 1 || keys[a] == keys[b] ? a < b : keys[a] < keys[b]
        }
    }

    static let values: [(name: String, values: [Float])] = [
        ("none", []), ("one", [3]), ("zero", [0]), ("negative zero", [-0.0]),
        ("random", normals(1001)),
        ("ties", normals(1000).map { ($0 * 2).rounded() }),
        ("all equal", (0..<100).map { $0 % 2 == 0 ? 1.5 : -1.5 }),
        ("sparse", normals(1000).enumerated().map { $0 % 10 == 0 ? $1 : ($0 % 3 == 0 ? -0.0 : 0) }),
        (
            "special",
            [.nan, 1, -.nan, .infinity, 0, -.infinity, -0.0, 0x1p-149, -0x1p-149, .greatestFiniteMagnitude]
        ),
        ("same upper half", (0..<700).map { Float(bitPattern: 0x3f80_0000 + UInt32($0 % 90) * 3) }),
    ]

    private func check(_ found: [Double], _ values: [Double], zeros: Int, _ place: Comment) {
        var expected = values
        for index in PruneTests.order(values).prefix(zeros) { expected[index] = 0 }
        #expect(
            found.map { $0 == 0 ? 0 : $0.bitPattern } == expected.map { $0 == 0 ? 0 : $0.bitPattern }, place)
        let before = values.count { $0 == 0 }
        #expect(found.count { $0 == 0 } == max(zeros, before), place)
    }

    @Test(arguments: [DType.float32, .float64, .float16, .bfloat16, .float8E5M2, .float8E4M3])
    func likeSorting(dtype: DType) throws {
        for (name, values) in PruneTests.values {
            let tensor = try Tensor(.float32, [values.count], values).float32(roundedTo: dtype)
            let source = tensor.doubles
            for sparsity in [0, 0.001, 0.1, 0.5, 0.9, 0.95, 1] {
                let zeros = Int((sparsity * Double(values.count)).rounded(.toNearestOrEven))
                for amount in [Prune.Amount.sparsity(sparsity), .zeros(zeros)] {
                    let result = try Prune(amount).apply(to: .dense(tensor), context()).encoding
                    guard case .dense(let found) = result else { return }
                    #expect(found.dtype == dtype)
                    check(found.doubles, source, zeros: zeros, "\(name) \(sparsity)")
                }
            }
            for threshold in [0, 0x1p-149, 0.5, 1, 1.5, 3, Float.greatestFiniteMagnitude] {
                let result = try Prune(.threshold(threshold)).apply(to: .dense(tensor), context()).encoding
                guard case .dense(let found) = result else { return }
                let below = source.count { $0.magnitude < Double(threshold) }
                check(found.doubles, source, zeros: below, "\(name) below \(threshold)")
            }
        }
    }

    @Test func float64KeepsAllItsBits() throws {
        let values = [1, 1 + 0x1p-52, 1 + 0x1p-51, 1 - 0x1p-53]
        let result = try Prune(.zeros(2)).apply(to: .dense(Tensor(.float64, [4], values)), context())
        #expect(
            try result.encoding.decoded(workers: .one).array(as: Double.self) == [
                0, 1 + 0x1p-52, 1 + 0x1p-51, 0,
            ])
    }

    @Test func prunedElementsArePositiveZero() throws {
        let tensor = Tensor(.float32, [4], [-0.0, 0, -1, 2] as [Float])
        for zeros in 1...3 {
            let result = try Prune(.zeros(zeros)).apply(to: .dense(tensor), context()).encoding
            let bits = try result.decoded(workers: .one).array(as: UInt32.self)
            #expect(bits[..<2] == [0, 0])
            #expect(bits[2] == (zeros < 3 ? Float(-1).bitPattern : 0))
        }
    }

    @Test func levelsAndThreadsDoNotShow() throws {
        // Several pieces, and few enough different values for ties in all of them.
        let values = normals(1_100_001).map { ($0 * 100).rounded() }
        let tensor = Tensor(.float32, [values.count], values)
        let zeros = 543_210
        // Of so many the order takes long; the magnitude at the cut is enough.
        let cut = values.map(\.magnitude).sorted()[zeros - 1]
        var ties = zeros - values.count { $0.magnitude < cut }
        let expected = values.map { value in
            guard value.magnitude == cut else { return value.magnitude < cut ? 0 : value }
            ties -= 1
            return ties >= 0 ? 0 : value
        }
        for workers in [1, 2, 4] {
            let result = try Prune(.zeros(zeros)).apply(to: .dense(tensor), context(workers)).encoding
            #expect(try result.decoded(workers: .one).array(as: Float.self) == expected)
        }
        try forEachLevel { level in
            let result = try Prune(.zeros(zeros)).apply(to: .dense(tensor), context()).encoding
            #expect(try result.decoded(workers: .one).array(as: Float.self) == expected, "level \(level)")
        }
    }

    @Test func impossibleAmountsAreRefused() throws {
        for amount in [
            Prune.Amount.sparsity(-0.1), .sparsity(1.1), .sparsity(.nan), .threshold(-1), .threshold(.nan),
            .threshold(.infinity), .zeros(-1),
        ] {
            #expect(bantamError { _ = try Prune(amount) }?.kind == .invalidArgument)
        }
        let tensor = Tensor(.float32, [2], [1, 2] as [Float])
        #expect(
            bantamError { _ = try Prune(.zeros(3)).apply(to: .dense(tensor), context()) }?.message
                == "expected at most 2 zeros, found 3")
        let error = bantamError {
            _ = try Prune(.sparsity(0.5)).apply(to: .sparse(QuantizePassTests.sparse("csr")), context())
        }
        #expect(
            error?.message
                == "expected plain values to prune, found csr ones: prune before quantize and sparse")
    }

    @Test func bothFactorsArePruned() throws {
        let lowRank = LowRank(
            shape: [5, 4], left: .dense(Tensor(.float32, [5, 2], normals(10))),
            right: .dense(Tensor(.float32, [2, 4], normals(8, seed: 2))))
        func zeros(_ amount: Prune.Amount) throws -> [Int] {
            guard
                case .lowRank(let found) = try Prune(amount).apply(to: .lowRank(lowRank), context()).encoding
            else { return [] }
            return try [found.left, found.right].map {
                try $0.decoded(workers: .one).array(as: Float.self).count { $0 == 0 }
            }
        }
        #expect(try zeros(.sparsity(0.5)) == [5, 4])
        #expect(try zeros(.zeros(7)).reduce(0, +) == 7)
        #expect(try zeros(.threshold(100)) == [10, 8])
    }
}

extension Tensor {
    /// The elements of a float tensor, exactly.
    var doubles: [Double] {
        dtype == .float64
            ? array(as: Double.self) : ((try? float32().array(as: Float.self)) ?? []).map(Double.init)
    }
}
